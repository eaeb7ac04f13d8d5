/** The channel on which the database announces commits; see migrations/0006_feed.ts. */
export const ANNOUNCEMENTS = 'solark_telemetry'

/** What is announced where readings were taken away: whatever was known of the newest may no longer hold. */
export const ANYTHING = '*'
