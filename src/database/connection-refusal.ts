import pg from 'pg'

/** Codes of OpenSSL and Node for a certificate that does not prove whose it is. */
const CERTIFICATE = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$/

/**
 * Returns what is wrong, and the cure, if no connection can be made and waiting does not help: a wrong password, a
 * database that does not exist, TLS. undefined: the database may still come up. `cause` is what connecting threw; its
 * message names the role, the database or the file.
 */
export function connectionRefusal(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if (cause instanceof pg.DatabaseError) return sentenceOf(cause.code ?? '')
  const code = 'code' in cause ? String(cause.code) : ''
  if (cause.message === 'The server does not support SSL connections') {
    return 'DATABASE_URL asks for TLS by its sslmode, and the database does not offer it: switch TLS on in the database, or, if nobody can listen in between, set sslmode=disable'
  }
  if (CERTIFICATE.test(code)) {
    return 'The certificate of the database cannot be verified: DATABASE_URL must name the host that it is for, and sslrootcert=/path/to/ca.pem the authority that signed it'
  }
  if ('syscall' in cause && cause.syscall === 'open') {
    return 'A file that DATABASE_URL names cannot be read'
  }
  if (cause.message.startsWith('SASL')) {
    return 'The database asks for a password: write it in DATABASE_URL, as in postgres://user:password@host/database'
  }
  return undefined
}

function sentenceOf(sqlState: string): string | undefined {
  if (sqlState.startsWith('28')) {
    return 'The database refuses the role or the password of DATABASE_URL'
  }
  if (sqlState === '3D000') {
    return 'The database that DATABASE_URL names does not exist: create it, or name another'
  }
  return undefined
}
