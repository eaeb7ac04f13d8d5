/** One question of the set-up of a source. Its answer is a setting of the source. */
export interface Question {
  /** As in heliograph.config.json. */
  setting: string
  message: string
  /** text: as it is typed. number: a number. choice: one of `choices`. password: kept in .env, never in the file. */
  ask: 'text' | 'number' | 'choice' | 'password'
  choices?: readonly { value: string; label: string }[]
  /** Taken if nothing is typed. */
  initial?: string
  /** Whether nothing is an answer, too. */
  optional?: true
}

/** A way to an inverter, as its owner knows it. */
export interface Way {
  /** For --way. */
  name: string
  label: string
  /** The kind of the source. */
  kind: string
  /** Settings that follow from the way. */
  fixed: Readonly<Record<string, unknown>>
  questions: readonly Question[]
}

const model: Question = {
  setting: 'model',
  message: 'Which family of inverters is it?',
  ask: 'choice',
  choices: [
    { value: 'sol-ark', label: 'Sol-Ark 5K, 8K, 12K or 15K' },
    { value: 'sol-ark-16k', label: 'Sol-Ark, or Deye or Sunsynk of 16 kW' },
    { value: 'deye-single-phase', label: 'Deye or Sunsynk, single phase' },
    { value: 'deye-three-phase', label: 'Deye or Sunsynk, three phase' },
  ],
}

const unitId: Question = {
  setting: 'unitId',
  message: 'The number of the inverter on its line ("Modbus SN")?',
  ask: 'number',
  initial: '1',
}

const account: readonly Question[] = [
  { setting: 'username', message: 'User, if one is needed', ask: 'text', optional: true },
  {
    setting: 'passwordVariable',
    message: 'Password, if one is needed',
    ask: 'password',
    optional: true,
  },
]

/** Every way that `npm run connect` knows. */
export const ways: readonly Way[] = [
  {
    name: 'solarman',
    label:
      'The Wi-Fi or LAN stick of Deye, Sunsynk and many Sol-Ark (Solarman logger), in this network',
    kind: 'solarman',
    fixed: {},
    questions: [
      { setting: 'host', message: 'Address of the stick in this network?', ask: 'text' },
      {
        setting: 'serial',
        message: 'Serial number of the stick, as printed on it?',
        ask: 'number',
      },
      unitId,
      model,
    ],
  },
  {
    name: 'modbus-tcp',
    label: 'A Modbus gateway in this network (Modbus TCP)',
    kind: 'modbus',
    fixed: { transport: 'tcp' },
    questions: [
      { setting: 'host', message: 'Address of the gateway?', ask: 'text' },
      { setting: 'port', message: 'TCP port?', ask: 'number', initial: '502' },
      unitId,
      model,
    ],
  },
  {
    name: 'rtu-over-tcp',
    label: 'A serial gateway that passes bytes through (RTU over TCP), such as a USR or Waveshare',
    kind: 'modbus',
    fixed: { transport: 'rtu-over-tcp' },
    questions: [
      { setting: 'host', message: 'Address of the gateway?', ask: 'text' },
      { setting: 'port', message: 'TCP port?', ask: 'number', initial: '4196' },
      unitId,
      model,
    ],
  },
  {
    name: 'rtu',
    label: 'An RS-485 cable to this machine (Modbus RTU)',
    kind: 'modbus',
    fixed: { transport: 'rtu' },
    questions: [
      { setting: 'path', message: 'Serial port?', ask: 'text', initial: '/dev/ttyUSB0' },
      unitId,
      model,
    ],
  },
  {
    name: 'mqtt',
    label:
      'An MQTT broker: the Sunsynk add-on, SolarAssistant, Home Assistant, or topics of your own',
    kind: 'mqtt',
    fixed: {},
    questions: [
      {
        setting: 'url',
        message: 'Address of the broker?',
        ask: 'text',
        initial: 'mqtt://localhost:1883',
      },
      ...account,
    ],
  },
  {
    name: 'solark-cloud',
    label: "Sol-Ark's cloud, or that of a sibling, with your account",
    kind: 'solark-cloud',
    fixed: {},
    questions: [
      {
        setting: 'host',
        message: 'Host of the cloud?',
        ask: 'text',
        initial: 'api.solarkcloud.com',
      },
      { setting: 'username', message: 'Name of the account?', ask: 'text' },
      { setting: 'passwordVariable', message: 'Password?', ask: 'password' },
    ],
  },
]
