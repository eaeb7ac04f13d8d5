import { comparePositions, type Position } from '../changes/position.ts'
import type { LogPage, LogRange } from '../changes/read-log.ts'

/** Somebody who has all that there is, and is handed each page as it comes. */
export interface Member {
  readonly plantId: number | undefined
  /** Everything up to here is known to the member. */
  readonly position: Position
  receive(page: LogPage): void
}

/** The end of the feed, read once however many openFeedSubscriber it. */
export interface LiveTail {
  /** Reads what is new, if somebody follows. Answers whether transactions were under way that may add to it. */
  look(): Promise<boolean>
  /** Answers false where the tail is beyond what the member has: it has to read on by itself first. */
  join(member: Member): Promise<boolean>
  leave(member: Member): void
}

/**
 * A member whose plant is not among those that are being read at the moment joins before the next page is read,
 * so that no page is missing for it.
 */
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
