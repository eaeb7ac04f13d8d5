import { modbusKind } from './modbus/modbus.ts'
import { solarmanKind } from './modbus/solarman.ts'
import { mqttKind } from './mqtt/mqtt-kind.ts'
import { solarkCloudKind } from './solark-cloud/solark-cloud.ts'
import type { SourceKind } from './source.ts'

/** Every kind of source that the configuration may name: a new one is a folder and a line here. */
export const sourceKinds: readonly SourceKind[] = [
  solarmanKind,
  modbusKind,
  mqttKind,
  solarkCloudKind,
]
