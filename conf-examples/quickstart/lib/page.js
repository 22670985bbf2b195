// What a tenant's visitor sees.  host.js hands its source to the tenants.
export function page(tenant, visits, loads) {
  return `${tenant}: visit ${visits}, worker ${loads} of this host\n`;
}
