import { RequestError } from '../errors/request-error.ts';
import type { Principal } from '../ports.ts';

/**
 * The tenant whose objects a request is about: an administrator's wish or any (null), everybody else's own.
 *
 * @throws {RequestError} FORBIDDEN when a tenant's key names another tenant
 */
export function requestedTenant(principal: Principal, requested: string | undefined): string | null {
  const wanted = requested?.toLowerCase();
  if (principal.role === 'admin') return wanted ?? null;
  if (wanted !== undefined && wanted !== principal.tenantId) {
    throw new RequestError('FORBIDDEN', 'only an admin key may ask for another tenant');
  }
  return principal.tenantId;
}
