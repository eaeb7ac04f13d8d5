import pg from 'pg'

/** Codes of OpenSSL and Node for a certificate that does not prove whose it is. */
const CERTIFICATE = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$/

/**
 * Returns what is wrong, and the cure, if no connection can be made and waiting does not help: a wrong password, a
 * database that does not exist, TLS. undefined: the database may still come up. `cause` is what connecting threw; its
 * message names the role, the database or the file. `variable` names the setting that has the address.
 */
export function connectionRefusal(cause: unknown, variable = 'DATABASE_URL'): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if (cause instanceof pg.DatabaseError) return sentenceOf(cause.code ?? '', variable)
  const code = 'code' in cause ? String(cause.code) : ''
  if (cause.message === 'The server does not support SSL connections') {
    return `${variable} asks for TLS by its sslmode, and the database does not offer it: switch TLS on in the database, or, if nobody can listen in between, set sslmode=disable`
  }
  if (CERTIFICATE.test(code)) {
    return `The certificate of the database cannot be verified: ${variable} must name the host that it is for, and sslrootcert=/path/to/ca.pem the authority that signed it`
  }
  if ('syscall' in cause && cause.syscall === 'open') {
    return `A file that ${variable} names cannot be read`
  }
  if (cause.message.startsWith('SASL')) {
    return `The database asks for a password: write it in ${variable}, as in postgres://user:password@host/database`
  }
  return undefined
}

function sentenceOf(sqlState: string, variable: string): string | undefined {
  if (sqlState.startsWith('28')) {
    return `The database refuses the role or the password of ${variable}`
  }
  if (sqlState === '3D000') {
    return `The database that ${variable} names does not exist: create it, or name another`
  }
  return undefined
}
