import { Fault, type FaultCode } from '../../fault.ts'

/**
 * Why the cloud gave nothing.
 *
 * - `unauthorized`: it does not know the token, or not the password.
 * - `refused`: it answered with a failure of its own, such as a plant that the account may not see.
 * - `throttled`: it asks to come back later.
 * - `unavailable`: it cannot be reached, took too long, or has a fault of its own.
 * - `invalid`: what came has another shape.
 */
export type CloudFailure = 'unauthorized' | 'refused' | 'throttled' | 'unavailable' | 'invalid'

const codes: Readonly<Record<CloudFailure, FaultCode>> = {
  unauthorized: 'UNAUTHENTICATED',
  refused: 'SOURCE_UNAVAILABLE',
  throttled: 'SOURCE_UNAVAILABLE',
  unavailable: 'SOURCE_UNAVAILABLE',
  invalid: 'SOURCE_INVALID',
}

/** A request to the cloud that failed. Its message has no secret. */
export class CloudFault extends Fault {
  readonly failure: CloudFailure
  /** Milliseconds after which the cloud may be asked again, if it said so. */
  readonly retryAfterMs: number | undefined

  constructor(
    failure: CloudFailure,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(codes[failure], message, { cause: options.cause })
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs
  }
}
