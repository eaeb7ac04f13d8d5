import { hash, timingSafeEqual } from 'node:crypto'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'

/** Returns the role of an `Authorization` value, or throws `UNAUTHENTICATED`. */
export type RoleOf = (authorization: string | undefined) => Role

/**
 * Roles by bearer token. A token that is sent must be one of ours, even if reading needs none: a mistyped token is
 * refused, not taken for an anonymous reader.
 */
export function createRoleOf(tokens: Config['tokens'], publicRead: boolean): RoleOf {
  const known = (['read', 'ingest', 'admin'] as const).flatMap((role) => {
    const token = tokens[role]
    return token === undefined ? [] : [{ role, digest: digestOf(token) }]
  })
  return (authorization) => {
    if (authorization === undefined) {
      if (publicRead) return 'read'
      throw new Fault(
        'UNAUTHENTICATED',
        'Expected a token, got none: send "Authorization: Bearer <token>" as a header or in connectionParams',
      )
    }
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
    if (token === undefined) {
      throw new Fault(
        'UNAUTHENTICATED',
        'Expected "Authorization: Bearer <token>", got something else',
      )
    }
    const digest = digestOf(token)
    // Every token is compared, and by digest, so that the time it takes says nothing about any of them.
    const matches = known.filter((entry) => timingSafeEqual(entry.digest, digest))
    const [match] = matches
    if (match !== undefined) return match.role
    throw new Fault(
      'UNAUTHENTICATED',
      'Unknown token: expected the READ_TOKEN, INGEST_TOKEN or ADMIN_TOKEN of this server',
    )
  }
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
