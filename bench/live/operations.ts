/** So many subscriptions to plant 1, which differ in the name of their field. */
export function liveOperations(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `subscription {
  reading${index}: latestEnergy(plantId: 1) { timestamp soc batteryPower pvPower loadPower gridPower }
}`,
  )
}
