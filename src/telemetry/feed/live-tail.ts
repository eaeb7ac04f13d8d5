import { comparePositions, type Position } from '../changes/position.ts'
import type { LogPage, LogRange } from '../changes/read-log.ts'

/** A subscriber that has everything up to the tail, and receives each page that follows. */
export interface Member {
  readonly plantId: number | undefined
  /** The member has everything up to here. */
  readonly position: Position
  receive(page: LogPage): void
}

/**
 * The end of the feed, read once for all members. It has these states:
 * - IDLE: no page is being read. `join` admits at once, unless the tail is ahead of the member. The first member of an
 *   empty tail sets its position. `look` leads to READING.
 * - READING: a page is being read. Who joins waits for the end of the page, and is admitted before the next one is
 *   read, so that it misses none: its plant may not be in this page. Returns to IDLE when there is no further page or
 *   no member, or if a read fails.
 */
export interface LiveTail {
  /** Reads what is new if there are members. Returns whether transactions were running that may add to it. */
  look(): Promise<boolean>
  /** Returns false if the tail is ahead of the member, which has to catch up first. */
  join(member: Member): Promise<boolean>
  leave(member: Member): void
}

export function openLiveTail(
  read: (after: Position, range: LogRange) => Promise<LogPage>,
): LiveTail {
  const members = new Set<Member>()
  const joining: (() => void)[] = []
  let position: Position | undefined
  let reading = false

  const admit = (member: Member): boolean => {
    if (members.size === 0) position = member.position
    if (position !== undefined && comparePositions(member.position, position) < 0) return false
    members.add(member)
    return true
  }

  const admitJoining = (): void => {
    for (const join of joining.splice(0)) join()
  }

  const plantsOf = (): number[] | undefined => {
    const plantIds = new Set<number>()
    for (const { plantId } of members) {
      if (plantId === undefined) return undefined
      plantIds.add(plantId)
    }
    return [...plantIds]
  }

  const readOn = async (): Promise<boolean> => {
    for (;;) {
      admitJoining()
      if (members.size === 0 || position === undefined) return false
      const page = await read(position, { plantIds: plantsOf() })
      position = page.end
      for (const member of members) member.receive(page)
      if (page.more) continue
      return page.state.snapshot.xmin < page.state.snapshot.xmax
    }
  }

  return {
    look: async () => {
      reading = true
      try {
        return await readOn()
      } finally {
        reading = false
        admitJoining()
      }
    },
    join: (member) => {
      if (!reading) return Promise.resolve(admit(member))
      return new Promise((resolve) => joining.push(() => resolve(admit(member))))
    },
    leave: (member) => {
      members.delete(member)
    },
  }
}
