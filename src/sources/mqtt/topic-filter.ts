/** Returns whether a topic filter of MQTT matches a topic: `+` is any level, `#` at the end is all further ones. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  // Topics such as $SYS/… are matched by their first level alone.
  if (topic.startsWith('$') && wanted[0] !== levels[0]) return false
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (level !== '+' && level !== levels[index]) return false
    if (index >= levels.length) return false
  }
  return wanted.length === levels.length
}
