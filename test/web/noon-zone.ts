const west = new Date().getUTCHours() - 12

/** The name of a time zone where it is noon now: no day ends while a test runs. */
export const NOON_ZONE = `Etc/GMT${west < 0 ? west : `+${west}`}`
