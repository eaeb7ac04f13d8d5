/** The channel on which the database announces commits; see migrations/functions/telemetry_written.sql. */
export const ANNOUNCEMENTS = 'solark_telemetry'

/** What is announced where readings were taken away: whatever was known of the newest may no longer hold. */
export const ANYTHING = '*'
