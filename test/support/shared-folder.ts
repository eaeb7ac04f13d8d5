import { tmpdir } from 'node:os'

/** Where test files keep what one makes and others use; it goes with the run. */
export const sharedFolder = process.env.SHARED_FOLDER ?? tmpdir()
