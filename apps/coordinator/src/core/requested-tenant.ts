import { RequestError } from '../errors/request-error.ts';
import type { Principal } from '../ports.ts';

/**
 * The tenant whose objects a request is about: the one that an administrator names, or any (null); for other roles the key's tenant.
 *
 * @throws {RequestError} FORBIDDEN when a tenant's key names another tenant
 */
export function requestedTenant(principal: Principal, requested: string | undefined): string | null {
  const wanted = requested?.toLowerCase();
  if (principal.role === 'admin') return wanted ?? null;
  if (wanted !== undefined && wanted !== principal.tenantId) {
    throw new RequestError('FORBIDDEN', 'only an admin key may name another tenant');
  }
  return principal.tenantId;
}
