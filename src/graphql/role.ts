import { Fault } from '../fault.ts'

/** What a caller may do; each role may do what those before it may. */
export type Role = 'read' | 'ingest' | 'admin'

const rank: Readonly<Record<Role, number>> = { read: 0, ingest: 1, admin: 2 }

/** `FORBIDDEN` for a caller whose role is below the needed one. */
function refusalOf(role: Role, needed: Role): Fault | undefined {
  if (rank[role] >= rank[needed]) return undefined
  return new Fault(
    'FORBIDDEN',
    `Expected the role ${needed}, got ${role}: send the ${needed} token as "Authorization: Bearer …"`,
  )
}

/** Refuses with `FORBIDDEN` a caller whose role is below the needed one. */
export function requireRole(role: Role, needed: Role): void {
  const refusal = refusalOf(role, needed)
  if (refusal !== undefined) throw refusal
}

/**
 * For the extensions of a root field: who may not run it is refused before anything that was sent along is looked at
 * (src/http/operations/early-refusals.ts). Its resolver requires the role all the same.
 */
export function needsRole(needed: Role): { refusal: (role: Role) => Fault | undefined } {
  return { refusal: (role) => refusalOf(role, needed) }
}
