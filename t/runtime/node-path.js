// node:path, node:url and node:querystring, compared with this node's.

import { likeNode } from "./lib/like-node.js";

const q = JSON.stringify;
const prelude = `import path, * as named from "node:path"; import posix from "node:path/posix"; import win32 from "node:path/win32";`;

const paths = ["", "/", "//", "///", ".", "..", "./", "../", "a", "a/", "a//b", "/a", "/a/", "/a/b", "/a/b/", "/a//b//", "//a", "//a/b", "a/b/c", "a/./b", "a/../b", "../a", "../../a", "/../a", "a/..", "a/../..", "./a/./b/../c", "/a/b/../../..",
  "file", "file.ext", ".file", ".file.ext", "file.", "file..", "..file", "...", "....", "a.b/", "a.b/c", "a/.b", "a/b.", "/a.b/c.d.e", "index.html/", "a b/c d", "ünï/cödé", "a/...", "a/.../b", "/.", "/..", "/./", "x/.", "x/./", "foo/bar\\baz",
  "C:", "C:\\", "C:/", "c:a", "C:\\a", "C:\\a\\b", "C:/a/../b", "C:..\\a", "C:.", "\\", "\\a", "\\\\server", "\\\\server\\share", "\\\\server\\share\\", "\\\\server\\share\\file", "//server/share/dir/file.txt", "\\\\server\\share\\a\\..\\..\\b", "C:\\a.b\\c.d", "C:a.txt", "a\\b/c", "..\\a", "C:\\\\a\\\\b", "\\\\.\\pipe", "\\\\?\\C:\\a", "file:stream", "C:\\.file", "D:\\", "1:\\a", "a:b:c"];
const expressions = [];
for (const p of paths) {
  for (const flavor of ["posix", "win32"]) {
    for (const f of ["normalize", "isAbsolute", "dirname", "basename", "extname", "parse"]) expressions.push(`${flavor}.${f}(${q(p)})`);
    expressions.push(`${flavor}.format(${flavor}.parse(${q(p)}))`, `${flavor}.join(${q(p)})`, `${flavor}.join("x", ${q(p)})`, `${flavor}.join(${q(p)}, "..", "y")`, `${flavor}.basename(${q(p)}, ".ext")`, `${flavor}.basename(${q(p)}, ${q(p)})`);
    if (flavor === "posix") expressions.push(`posix.resolve("/r/s", ${q(p)})`, `posix.resolve(${q(p)}, "/z")`, `posix.relative("/r/s", ${q(`/r/${p}`)})`, `posix.relative(${q(`/r/${p}`)}, "/r/s/t")`);
    else expressions.push(`win32.resolve("C:\\\\r\\\\s", ${q(p)})`, `win32.relative("C:\\\\r\\\\S", ${q(`C:\\r\\${p}`)})`);
  }
}
// Node.js 20 gives "/.." an extension, and has a current directory of its own.
const fits = (e) => !(e === 'posix.parse("/..")' || e === 'win32.resolve("C:\\\\r\\\\s", "a:b:c")');
likeNode("paths", prelude, [...expressions.filter(fits),
  "path.basename('a', 1)", "path.basename(1)", "path.join('a', 1)", "path.resolve(null)", "path.dirname()", "path.format(null)", "path.format('x')", "path.parse({})", "path.isAbsolute(1)", "path.relative('a')", "path.normalize(undefined)", "path.extname([])",
  "path.basename('aaa/bbb', 'bb')", "path.basename('aaa/bbb', 'bbb')", "path.basename('aaa/bbb/', 'b')", "path.basename('bbb', 'bbb')", "path.basename('bbb', 'a/bbb')",
  "path.format({ dir: '/a', base: 'b' })", "path.format({ root: '/', base: 'b', ext: 'ignored' })", "path.format({ root: '/', name: 'b', ext: 'txt' })", "path.format({})", "path.format({ name: 'x' })", "path.format({ dir: 'd', root: 'd', base: 'b' })",
  "win32.format({ dir: 'C:\\\\', root: 'C:\\\\', base: 'b' })", "path.sep + path.delimiter + win32.sep + win32.delimiter", "Object.keys(path).filter((k) => k !== 'matchesGlob').sort()", "path === path.posix && path.win32 === win32 && posix === path && win32.posix === posix", "named.join === path.join",
  "win32.join('//a', '//b')", "win32.join('/', '/b')", "win32.join('\\\\\\\\server', 'share', 'x')", "win32.join('c:', 'a')", "win32.join('', '//b', 'c')", "win32.join('//', 'a', 'b')", "win32.toNamespacedPath('C:\\\\a')", "win32.toNamespacedPath('\\\\\\\\s\\\\h\\\\f')", "win32.toNamespacedPath('')", "win32.toNamespacedPath(5)",
  "win32.relative('C:\\\\a', 'D:\\\\a')", "win32.relative('C:\\\\a\\\\b', 'c:\\\\A')", "win32.relative('\\\\\\\\s\\\\h\\\\a', '\\\\\\\\s\\\\h\\\\b')", "win32.relative('C:\\\\', 'C:\\\\a\\\\b')", "win32.relative('C:\\\\foobar', 'C:\\\\foo')", "posix.relative('/', '/a')", "posix.relative('/a', '/')", "posix.relative('/foobar', '/foo')", "posix.join()", "posix.join('', '')"]);

const urls = ["http://a.com/b?c=d#e", "http://user:pass@host.com:8080/p/a/t/h?query=string#hash", "//host/path", "/path?x=1&y=2", "mailto:a@b.c", "javascript:alert(1)", "http://a b.com/x y", "HTTP://EXAMPLE.com", "http://[::1]:80/", "x:y:z", "", "?q", "#h", "a/b/c", "http://münchen.de/ü", "http:\\\\a\\b", "  http://x.y/ ", "http://a.com?b", "file:///etc/passwd", "http://a.com/{}|\\^`", "ws://a:1", "http://a@b@c/", "coap:u:p@::1:61616/.well-known", "http://x.com/p?a=b;c", "http://-a-.com/", "git+ssh://git@github.com/u/r.git", "tel:+1-2"];
const more = `import url, * as named from "node:url"; import qs, * as qn from "node:querystring";`;
likeNode("urls", more, [
  ...urls.flatMap((u) => [`Object.entries(url.parse(${q(u)})).sort().filter(([, v]) => typeof v !== "function")`, `url.format(url.parse(${q(u)}))`, `url.parse(${q(u)}, true).query`, `url.parse(${q(u)}, false, true).host`, `url.resolve("http://a.com/b/c/d?q#f", ${q(u)})`, `url.resolve(${q(u)}, "../x?y")`]),
  "url.parse(1)", "url.format({ protocol: 'http', host: 'a.com', pathname: '/x', query: { a: [1, 2], b: 'c d' } })", "url.format({ hostname: 'h', port: 8, protocol: 'https:', search: 'q', hash: 'x' })", "url.format(new URL('http://u:p@xn--mnchen-3ya.de/a?b#c'), { fragment: false, search: false, auth: false, unicode: true })", "url.format(new URL('http://u:p@a/b'))", "url.format('http://a.com/b c')", "url.format(5)",
  "url.fileURLToPath('file:///a/b%20c')", "url.fileURLToPath(new URL('file:///x'))", "url.fileURLToPath('http://a')", "url.fileURLToPath('file://host/x')", "url.fileURLToPath('file:///a%2fb')", "url.fileURLToPath(5)", "url.fileURLToPath('file:///C:/a/b', { windows: true })", "url.fileURLToPath('file:///a', { windows: true })", "url.fileURLToPath('file://server/share/f', { windows: true })",
  "url.pathToFileURL('/a b/ü%#?\\\\n').href", "url.pathToFileURL('/a/../b/').href", "url.pathToFileURL(5)", "url.pathToFileURL('C:\\\\a\\\\b', { windows: true }).href", "url.pathToFileURL('\\\\\\\\srv\\\\share\\\\f', { windows: true }).href",
  "url.domainToASCII('español.com')", "url.domainToASCII('xn--iñvalid.com')", "url.domainToUnicode('xn--espaol-zwa.com')", "url.URL === URL && url.URLSearchParams === URLSearchParams", "(() => { const o = url.urlToHttpOptions(new URL('https://a:b@測試.com:8/x?y#z')); return [o.protocol, o.hostname, o.path, o.auth, o.port, o.href, o.search, o.hash, o.pathname]; })()", "Object.keys(url).sort()", "new url.Url().href", "named.parse === url.parse",
  ...["a=b&c=d", "a=1&a=2&b", "a=%20b+c", "%zz=1", "a&b=&=c", "", "&&a=1&&", "a=b=c", "ü=%C3%BC", "a=%ff", "__proto__=1", "a;b"].flatMap((s) => [`({ ...qs.parse(${q(s)}) })`, `Object.entries(qs.parse(${q(s)}, ";", ":"))`]),
  "Object.getPrototypeOf(qs.parse('a=b'))", "qs.parse('a=1&b=2&c=3', null, null, { maxKeys: 2 })", "qs.parse('a=%20', '&', '=', { decodeURIComponent: (s) => '<' + s + '>' })", "qs.parse(5)", "qs.stringify({ a: 1, b: [2, 'x y'], c: true, d: null, e: undefined, f: {}, g: 5n, h: NaN, ü: 'é&=' })", "qs.stringify({ a: 'b', c: 'd' }, ';', ':')", "qs.stringify({ a: 'x' }, null, null, { encodeURIComponent: (s) => `[${s}]` })", "qs.stringify('x')", "qs.stringify(null)", "qs.stringify({ a: '\\ud800' })",
  "qs.escape('a b&ü*')", "qs.escape(5)", "qs.escape({})", "qs.unescape('a%20b%zz')", "qs.unescapeBuffer('a%20%zz').toString()", "Object.keys(qs).sort()", "qs.decode === qs.parse && qs.encode === qs.stringify",
]);
