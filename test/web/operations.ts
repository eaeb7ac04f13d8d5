import { graphql } from '../generated/gql.ts'

/** What the tests of the page ask, to compare. */

export const NamePlant = graphql(`
  mutation NamePlantOfPage($id: Int!, $name: String, $timeZone: TimeZone) {
    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {
      plantId
    }
  }
`)

export const EnergyOfPeriods = graphql(`
  query EnergyOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
    energy(plantId: $plantId, from: $from, to: $to, period: $period) {
      start
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
      }
      selfSufficiency
      selfConsumption
      coverage
    }
  }
`)

export const CourseOfDay = graphql(`
  query CourseOfDay($plantId: Int!, $from: DateTime!, $to: DateTime!, $maxPoints: Int!) {
    history(plantId: $plantId, from: $from, to: $to, maxPoints: $maxPoints) {
      points {
        start
        pvPower {
          avg
        }
        soc {
          avg
        }
      }
    }
  }
`)

export const CostsOfPeriods = graphql(`
  query CostsOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {
    costs(plantId: $plantId, from: $from, to: $to, period: $period) {
      start
      savings
      importCost
      dailyCharge
      exportRevenue
      total
      coverage
    }
  }
`)

export const SetTariffOfPage = graphql(`
  mutation SetTariffOfPage($plantId: Int!, $validFrom: Date!, $import: TariffRatesInput!, $export: TariffRatesInput!) {
    setTariff(
      plantId: $plantId
      validFrom: $validFrom
      currency: "EUR"
      dailyCharge: "0.4125"
      import: $import
      export: $export
    ) {
      validFrom
    }
  }
`)

export const SumsOfFleet = graphql(`
  query SumsOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!) {
    fleet(plantIds: $plantIds, timeZone: $timeZone) {
      energy(from: $from, to: $to, period: MONTH) {
        energy {
          pv
          load
          gridImport
          gridExport
          batteryCharge
          batteryDischarge
        }
        selfSufficiency
        selfConsumption
      }
      costs(from: $from, to: $to, period: MONTH) {
        savings
        importCost
        dailyCharge
        exportRevenue
        total
      }
    }
  }
`)

export const CourseOfFleet = graphql(`
  query CourseOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!) {
    fleet(plantIds: $plantIds, timeZone: $timeZone) {
      history(from: $from, to: $to, maxPoints: 48) {
        points {
          start
          pvPower
          gridPower
        }
      }
    }
  }
`)

export const TariffsOfPage = graphql(`
  query TariffsOfPage($plantId: Int!) {
    tariffs(plantId: $plantId) {
      validFrom
      dailyCharge
      import {
        rate
        windows {
          rate
          months
          weekdays
          from
          to
        }
      }
      export {
        rate
        windows {
          rate
          from
          to
        }
      }
    }
  }
`)
