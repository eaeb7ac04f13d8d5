import { Fault } from '../fault.ts'

/** What a caller may do; each role may do what those before it may. */
export type Role = 'read' | 'ingest' | 'admin'

const rank: Readonly<Record<Role, number>> = { read: 0, ingest: 1, admin: 2 }

/** Refuses with `FORBIDDEN` a caller whose role is below the needed one. */
export function requireRole(role: Role, needed: Role): void {
  if (rank[role] >= rank[needed]) return
  throw new Fault(
    'FORBIDDEN',
    `Expected the role ${needed}, got ${role}: send the ${needed} token as "Authorization: Bearer …"`,
  )
}
