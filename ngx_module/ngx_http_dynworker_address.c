
/*
 * Addresses that are not for everyone on the Internet to reach: what the
 * registries of IANA reserve for special purposes, and the metadata services of
 * clouds.
 */

#include "ngx_http_dynworker.h"


typedef struct {
    uint32_t                        addr;
    uint32_t                        mask;
    const char                     *name;
} ngx_http_dynworker_network_t;


#if (NGX_HAVE_INET6)

typedef struct {
    u_char                          addr[16];
    ngx_uint_t                      bits;
    /* what it is; NULL: the IPv4 address at "at" decides */
    const char                     *name;
    ngx_uint_t                      at;
} ngx_http_dynworker_network6_t;


static const char *ngx_http_dynworker_private_inet6(u_char *p);
static ngx_uint_t ngx_http_dynworker_network6_has(
    const ngx_http_dynworker_network6_t *net, u_char *p);

#endif

static const char *ngx_http_dynworker_private_inet(uint32_t addr);


/* Host byte order. */

static const ngx_http_dynworker_network_t  ngx_http_dynworker_networks[] = {
    { 0x00000000, 0xff000000, "unspecified" },      /* 0.0.0.0/8 */
    { 0x0a000000, 0xff000000, "private" },          /* 10.0.0.0/8 */
    { 0x64400000, 0xffc00000, "private" },          /* 100.64.0.0/10 */
    { 0x7f000000, 0xff000000, "loopback" },         /* 127.0.0.0/8 */
    { 0xa83f8110, 0xffffffff, "metadata" },         /* 168.63.129.16 */
    { 0xa9fea9fe, 0xffffffff, "metadata" },         /* 169.254.169.254 */
    { 0xa9fe0000, 0xffff0000, "link-local" },       /* 169.254.0.0/16 */
    { 0xac100000, 0xfff00000, "private" },          /* 172.16.0.0/12 */
    { 0xc0000000, 0xffffff00, "reserved" },         /* 192.0.0.0/24 */
    { 0xc0000200, 0xffffff00, "documentation" },    /* 192.0.2.0/24 */
    { 0xc0586300, 0xffffff00, "reserved" },         /* 192.88.99.0/24 */
    { 0xc0a80000, 0xffff0000, "private" },          /* 192.168.0.0/16 */
    { 0xc6120000, 0xfffe0000, "benchmark" },        /* 198.18.0.0/15 */
    { 0xc6336400, 0xffffff00, "documentation" },    /* 198.51.100.0/24 */
    { 0xcb007100, 0xffffff00, "documentation" },    /* 203.0.113.0/24 */
    { 0xe0000000, 0xf0000000, "multicast" },        /* 224.0.0.0/4 */
    { 0xf0000000, 0xf0000000, "reserved" },         /* 240.0.0.0/4 */
    { 0, 0, NULL }
};


#if (NGX_HAVE_INET6)

/* The first that has it decides; what none of them has is reserved. */

static const ngx_http_dynworker_network6_t  ngx_http_dynworker_networks6[] = {

    /* ::1 */
    { { [15] = 1 }, 128, "loopback", 0 },

    /* ::ffff:0:0/96, an IPv4 address as an IPv6 one */
    { { [10] = 0xff, [11] = 0xff }, 96, NULL, 12 },

    /* 64:ff9b::/96, NAT64 */
    { { 0x00, 0x64, 0xff, 0x9b }, 96, NULL, 12 },

    /* 2002::/16, 6to4 */
    { { 0x20, 0x02 }, 16, NULL, 2 },

    /* 2001::/23, protocols, Teredo's among them */
    { { 0x20, 0x01 }, 23, "reserved", 0 },

    /* 2001:db8::/32, 3fff::/20 */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, "documentation", 0 },
    { { 0x3f, 0xff }, 20, "documentation", 0 },

    /* fc00::/7, fec0::/10 */
    { { 0xfc }, 7, "private", 0 },
    { { 0xfe, 0xc0 }, 10, "private", 0 },

    { { 0xfe, 0x80 }, 10, "link-local", 0 },
    { { 0xff }, 8, "multicast", 0 },

    { { 0 }, 0, NULL, 0 }
};

#endif


const char *
ngx_http_dynworker_address_private(struct sockaddr *sockaddr)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        return ngx_http_dynworker_private_inet6(sin6->sin6_addr.s6_addr);
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;
        return ngx_http_dynworker_private_inet(ntohl(sin->sin_addr.s_addr));

    default:
        return "unknown";
    }
}


static const char *
ngx_http_dynworker_private_inet(uint32_t addr)
{
    const ngx_http_dynworker_network_t  *net;

    for (net = ngx_http_dynworker_networks; net->name; net++) {
        if ((addr & net->mask) == net->addr) {
            return net->name;
        }
    }

    return NULL;
}


#if (NGX_HAVE_INET6)

static const char *
ngx_http_dynworker_private_inet6(u_char *p)
{
    const ngx_http_dynworker_network6_t  *net;

    for (net = ngx_http_dynworker_networks6; net->bits; net++) {

        if (!ngx_http_dynworker_network6_has(net, p)) {
            continue;
        }

        if (net->name) {
            return net->name;
        }

        p += net->at;

        return ngx_http_dynworker_private_inet((uint32_t) p[0] << 24
                                               | (uint32_t) p[1] << 16
                                               | (uint32_t) p[2] << 8 | p[3]);
    }

    /* only 2000::/3 is the Internet's */

    return ((p[0] & 0xe0) == 0x20) ? NULL : "reserved";
}


static ngx_uint_t
ngx_http_dynworker_network6_has(const ngx_http_dynworker_network6_t *net,
    u_char *p)
{
    ngx_uint_t  i, bits;

    for (i = 0, bits = net->bits; bits >= 8; i++, bits -= 8) {
        if (p[i] != net->addr[i]) {
            return 0;
        }
    }

    return bits == 0 || ((p[i] ^ net->addr[i]) >> (8 - bits)) == 0;
}

#endif
