import { z } from 'zod'
import { parseTimeZone } from '../../telemetry/time-zone.ts'
import { durationSetting } from '../duration-setting.ts'

const LEAST_EVERY_MS = 60_000
const MOST_EVERY_MS = 86_400_000
const MOST_TIMEOUT_MS = 120_000

const text = (description: string) => z.string().trim().min(1).describe(description)

/** How an account of the cloud is reached: what is needed before a plant is chosen. */
export const solarkAccountSettings = z.strictObject({
  host: text(
    "Host of the cloud's API: api.solarkcloud.com, or that of a sibling, such as api.sunsynk.net. Always HTTPS; a port may follow. A whole address is taken, too: plain HTTP only on this machine.",
  )
    .refine(
      (host) => baseOf(host, '') !== undefined,
      'expected a host, such as api.solarkcloud.com; http:// is taken on loopback only, because it shows the password to everyone on the way',
    )
    .default('api.solarkcloud.com'),
  basePath: z
    .string()
    .regex(/^(?:\/[\w.~-]+)*$/, 'expected a path such as /cloud, or nothing')
    .describe(
      'What comes before /oauth/token and /api/v1 in the paths of the API; usually nothing.',
    )
    .default(''),
  origin: z
    .url({ protocol: /^https?$/ })
    .describe(
      'Address of the portal in which the owner signs in; the API expects it in the headers Origin and Referer.',
    )
    .default('https://www.solarkcloud.com'),
  username: text('Name of the account, usually an e-mail address.'),
  passwordVariable: text('Environment variable that holds the password of the account.').default(
    'SOLARK_CLOUD_PASSWORD',
  ),
  timeout: durationSetting(1, MOST_TIMEOUT_MS, 'PT20S')
    .describe('ISO 8601 duration after which a request counts as failed, at most PT2M.')
    .prefault('PT20S'),
})

/** The settings of a source of the kind `solark-cloud`. */
export const solarkCloudSettings = solarkAccountSettings.extend({
  cloudPlant: z
    .number()
    .int()
    .positive()
    .describe("The plant's number in the cloud, as in the address of its page in the portal."),
  inverters: z
    .array(text('Serial number of an inverter.'))
    .min(1)
    .describe(
      'Serial numbers of the inverters that make up the plant; left out, all that the cloud lists. Name them if the list has one that is out of use: a plant of which an inverter is missing is not measured.',
    )
    .optional(),
  every: durationSetting(LEAST_EVERY_MS, MOST_EVERY_MS, 'PT2M')
    .describe(
      'ISO 8601 duration between polls, at least PT1M. The logger uploads every five minutes, and what was read once is not read again.',
    )
    .prefault('PT2M'),
  timeZone: z
    .string()
    .refine(
      (name) => parseTimeZone(name) !== undefined,
      'expected a name such as Africa/Johannesburg',
    )
    .describe(
      "IANA time zone of the plant's clock in the cloud: for times that the cloud gives without a zone, and for day curves.",
    )
    .optional(),
  requestsPerMinute: z
    .number()
    .int()
    .min(1)
    .max(120)
    .describe('Requests a minute, at most, while day curves of the past are fetched.')
    .default(20),
})

export type SolarkAccountSettings = z.output<typeof solarkAccountSettings>
export type SolarkCloudSettings = z.output<typeof solarkCloudSettings>

/**
 * The address that the paths of the API are added to, without a slash at its end; undefined if the host is none, or
 * says http:// and is not this machine.
 */
export function baseOf(host: string, basePath: string): string | undefined {
  const address = /^https?:\/\//i.test(host) ? host : `https://${host}`
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined
  if (url.protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    return undefined
  }
  return url.origin + basePath
}
