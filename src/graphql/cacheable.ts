/**
 * For the extensions of a root field, and of types that are asked for below it: what they answer is made of the tables
 * and the arguments alone, not of the clock, this process or who asks. Such an answer may be given again.
 */
export const stored = { stored: true }
