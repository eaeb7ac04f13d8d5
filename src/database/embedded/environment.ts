/** For PostgreSQL's programs: none of the PG* variables, locale or time zone of whoever starts them. */
export const cleanEnvironment: NodeJS.ProcessEnv = Object.freeze({
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LANG: 'C',
  LC_ALL: 'C',
  TZ: 'UTC',
})

/** How PostgreSQL writes many files through to the disk: in one call where there is one; one by one took seconds. */
export const SYNC_METHOD = process.platform === 'linux' ? 'syncfs' : 'fsync'
