import { Fault } from '../fault.ts'

/** What a caller may do. Each role includes those before it. */
export type Role = 'read' | 'ingest' | 'admin'

const rank: Readonly<Record<Role, number>> = { read: 0, ingest: 1, admin: 2 }

/** Returns `FORBIDDEN` if the role is below the needed one. */
function refusalOf(role: Role, needed: Role): Fault | undefined {
  if (rank[role] >= rank[needed]) return undefined
  return new Fault(
    'FORBIDDEN',
    `Expected the role ${needed}, got ${role}: send the ${needed} token as "Authorization: Bearer …"`,
  )
}

/** Throws `FORBIDDEN` if the role is below the needed one. */
export function requireRole(role: Role, needed: Role): void {
  const refusal = refusalOf(role, needed)
  if (refusal !== undefined) throw refusal
}

/**
 * For the extensions of a root field: a role that is too low is refused before any argument is validated
 * (src/http/operations/early-refusals.ts). The resolver must require the role as well.
 */
export function needsRole(needed: Role): { refusal: (role: Role) => Fault | undefined } {
  return { refusal: (role) => refusalOf(role, needed) }
}
