import { describeReplica, type ReadReplica } from '../database/read-replica.ts'
import type { Check } from './health.ts'

/** Whether reads go to the replica, and how far it is behind. */
export function replicaCheck(replica: Pick<ReadReplica, 'state' | 'longestLag'>): Check {
  return {
    name: 'read replica',
    run: () => {
      const { state, longestLag } = replica
      const lagMs = 'lagMs' in state ? state.lagMs : undefined
      return {
        status: state.name === 'CURRENT' ? 'HEALTHY' : 'DEGRADED',
        detail: describeReplica(state, longestLag),
        measures:
          lagMs === undefined
            ? []
            : [
                {
                  name: 'heliograph_replica_lag_seconds',
                  help: 'How far the replica of DATABASE_READ_URL is behind, at most',
                  type: 'gauge',
                  value: lagMs / 1000,
                },
              ],
      }
    },
  }
}
