/** Loaded before the program: tells the process that started it how much it holds, whenever that asks. */
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ held: heapUsed + external })
})
// It must not live on for that alone.
process.channel?.unref()
