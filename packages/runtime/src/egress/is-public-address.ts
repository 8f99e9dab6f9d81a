import ipaddr from 'ipaddr.js';

/**
 * Whether a URL from a user may connect to this address. Only globally routed unicast is allowed; an allow-list rejects
 * unforeseen ranges. IPv6 forms that embed an IPv4 address (mapped, 6to4, Teredo, translated) are rejected, except the
 * well-known NAT64 prefix with a public address, which IPv6-only networks use to resolve names. Pure.
 *
 * @param address from a resolver or a URL's host, without brackets; any other text is not public
 */
export function isPublicAddress(address: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return isPublicV4(ipaddr.IPv4.parse(address));
  // A zone id names an interface of this machine.
  if (address.includes('%') || !ipaddr.IPv6.isValid(address)) return false;
  return isPublicV6(ipaddr.IPv6.parse(address));
}

const isPublicV4 = (address: ipaddr.IPv4): boolean => address.range() === 'unicast';

const WELL_KNOWN_NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** RFC 4291: the range that IANA allocates as global unicast. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.match(WELL_KNOWN_NAT64)) return isPublicV4(embeddedV4(address));
  if (!address.match(GLOBAL_UNICAST) || address.range() !== 'unicast') return false;
  return !isIsatap(address) || isPublicV4(embeddedV4(address));
}

const embeddedV4 = (address: ipaddr.IPv6): ipaddr.IPv4 => new ipaddr.IPv4(address.toByteArray().slice(12));

/** RFC 5214: interface identifiers `0000:5efe` and `0200:5efe` end in an IPv4 address. */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , high, low] = address.parts;
  return (high === 0 || high === 0x200) && low === 0x5efe;
}
