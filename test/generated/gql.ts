/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query WhatIsKept($plantId: Int!, $from: Date!, $to: Date!) {\n    systemStats {\n      totalEnergySnapshots\n      plants\n    }\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n      }\n      coverage\n    }\n  }\n": typeof types.WhatIsKeptDocument,
    "\n  query CursorOfNow {\n    telemetryCursor\n  }\n": typeof types.CursorOfNowDocument,
    "\n  subscription EveryReading($after: String) {\n    telemetry(after: $after) {\n      cursor\n      node {\n        soc\n      }\n    }\n  }\n": typeof types.EveryReadingDocument,
    "\n  query EveryPlant {\n    plants {\n      plantId\n      isSimulated\n      latest {\n        timestamp\n      }\n    }\n  }\n": typeof types.EveryPlantDocument,
    "\n  query LatestReading($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n      plant {\n        plantId\n        isSimulated\n      }\n    }\n  }\n": typeof types.LatestReadingDocument,
    "\n  query PageOfReadings($plantId: Int, $first: Int, $after: String) {\n    telemetry(plantId: $plantId, first: $first, after: $after) {\n      nodes {\n        timestamp\n        soc\n        pvPower\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.PageOfReadingsDocument,
    "\n  query Totals {\n    systemStats {\n      totalEnergySnapshots\n      plants\n      liveSubscriptions\n      latestEnergy {\n        soc\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n": typeof types.TotalsDocument,
    "\n  query WholeStory($plantId: Int!) {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: \"PT1H\"\n    ) {\n      points {\n        soc {\n          avg\n        }\n      }\n    }\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-01-01\") {\n      energy {\n        pv\n      }\n    }\n    fleet(plantIds: [$plantId]) {\n      energy(from: \"2026-01-01\", to: \"2026-01-01\") {\n        energy {\n          pv\n        }\n      }\n    }\n    telemetry(plantId: $plantId) {\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n    latestEnergy(plantId: $plantId) {\n      soc\n    }\n  }\n": typeof types.WholeStoryDocument,
    "\n  query HourlyChart($plantId: Int!, $bucket: Duration! = \"PT1H\") {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: $bucket\n    ) {\n      plant {\n        plantId\n      }\n      points {\n        start\n        pvPower {\n          avg\n        }\n      }\n    }\n  }\n": typeof types.HourlyChartDocument,
    "\n  query HealthReport {\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n": typeof types.HealthReportDocument,
    "\n  query StorageStatus {\n    schemaStatus {\n      storage {\n        kind\n        reason\n      }\n      pendingMigrations\n      migrations {\n        name\n        status\n      }\n    }\n  }\n": typeof types.StorageStatusDocument,
    "\n  mutation SendReadings($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n": typeof types.SendReadingsDocument,
    "\n  mutation ApplyMigrations($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        error\n      }\n      notices\n    }\n  }\n": typeof types.ApplyMigrationsDocument,
    "\n  subscription LiveReadings($plantId: Int, $minInterval: Duration) {\n    latestEnergy(plantId: $plantId, minInterval: $minInterval) {\n      timestamp\n      soc\n      plant {\n        plantId\n      }\n    }\n  }\n": typeof types.LiveReadingsDocument,
    "\n  subscription LiveCharge($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n  }\n": typeof types.LiveChargeDocument,
    "\n  query InForce {\n    schemaStatus {\n      storage {\n        retention\n        rollupRetention\n        compressAfter\n        compressionReason\n      }\n      hypertables {\n        name\n        retention\n        compressionEnabled\n      }\n    }\n  }\n": typeof types.InForceDocument,
    "\n  subscription LiveWithPlant {\n    latestEnergy(plantId: 1) {\n      soc\n      plant {\n        name\n      }\n    }\n  }\n": typeof types.LiveWithPlantDocument,
    "\n  query ConnectedPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        readings24h\n        lastError\n      }\n    }\n    latestEnergy(plantId: 7) {\n      batteryCharge\n      gridExport\n    }\n  }\n": typeof types.ConnectedPlantDocument,
    "\n  mutation RecordForRelay($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n": typeof types.RecordForRelayDocument,
    "\n  query Adopted {\n    telemetry(first: 100) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    schemaStatus {\n      storage {\n        kind\n      }\n    }\n  }\n": typeof types.AdoptedDocument,
    "\n  mutation Send($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n": typeof types.SendDocument,
    "\n  mutation Run($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        appliedAt\n        error\n      }\n      notices\n    }\n  }\n": typeof types.RunDocument,
    "\n  query Status {\n    schemaStatus {\n      storage {\n        kind\n        timescaledbVersion\n        timescaledbLicense\n        reason\n      }\n      tables {\n        schema\n        name\n        kind\n        columns {\n          name\n          type\n          nullable\n          comment\n        }\n        indexes {\n          name\n        }\n      }\n      hypertables {\n        schema\n        name\n        chunks\n        chunkInterval\n        compressionEnabled\n        retention\n      }\n      migrations {\n        name\n        status\n      }\n      pendingMigrations\n    }\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n": typeof types.StatusDocument,
    "\n  mutation RecordEarly($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n": typeof types.RecordEarlyDocument,
    "\n  mutation RecordPerhaps($readings: [TelemetryInput!]!, $record: Boolean!) {\n    ...Perhaps\n    __typename\n  }\n  fragment Perhaps on Mutation {\n    recordTelemetry(readings: $readings) @include(if: $record) {\n      inserted\n    }\n  }\n": typeof types.RecordPerhapsDocument,
    "\n  query Everything {\n    plants {\n      id\n      plantId\n      name\n    }\n    telemetry {\n      nodes {\n        id\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n": typeof types.EverythingDocument,
    "\n  query OneNode($id: ID!) {\n    node(id: $id) {\n      __typename\n      id\n      ... on Plant {\n        plantId\n        name\n        latest {\n          soc\n        }\n      }\n      ... on Telemetry {\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n": typeof types.OneNodeDocument,
    "\n  query Nodes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      id\n      ... on Telemetry {\n        timestamp\n        soc\n      }\n    }\n  }\n": typeof types.NodesDocument,
    "\n  query Metered($from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: 7, from: $from, to: $to, period: $period) {\n      day\n      energy {\n        pv\n      }\n      metered {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n        generator\n      }\n    }\n  }\n": typeof types.MeteredDocument,
    "\n  mutation DeleteCounted($from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: 7, from: $from, to: $to)\n  }\n": typeof types.DeleteCountedDocument,
    "\n  query EnergyOfYear($plantId: Int!) {\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-12-31\", period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n": typeof types.EnergyOfYearDocument,
    "\n  query EnergyOfFile($plantId: Int!, $from: Date!, $to: Date!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n": typeof types.EnergyOfFileDocument,
    "\n  query SourcesOfPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        lastReadingAt\n        lastError\n        readings24h\n        duplicates24h\n        doubtful24h\n        expectedInterval\n      }\n    }\n  }\n": typeof types.SourcesOfPlantDocument,
    "\n  query StalePlants {\n    plants {\n      plantId\n      isStale\n    }\n  }\n": typeof types.StalePlantsDocument,
    "\n  query StaleFleet {\n    fleet(timeZone: \"UTC\") {\n      latest {\n        pvPower\n        missing {\n          plantId\n        }\n      }\n    }\n  }\n": typeof types.StaleFleetDocument,
    "\n  query Directions($plantId: Int!, $from: Date!, $to: Date!) {\n    latestEnergy(plantId: $plantId) {\n      batteryCharge\n      batteryDischarge\n      gridExport\n      gridImport\n      pvPower\n    }\n    energy(plantId: $plantId, from: $from, to: $to, timeZone: \"UTC\") {\n      energy {\n        batteryCharge\n        batteryDischarge\n        gridExport\n        gridImport\n        pv\n      }\n    }\n  }\n": typeof types.DirectionsDocument,
    "\n  mutation RecordNumbered($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": typeof types.RecordNumberedDocument,
    "\n  subscription FollowNewest($plantId: Int!) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n    }\n  }\n": typeof types.FollowNewestDocument,
    "\n  query Stats {\n    systemStats {\n      totalEnergySnapshots\n      energySnapshots24h\n      totalConversations\n      conversationsToday\n      agentEvents24h\n      plants\n      liveSubscriptions\n      databaseSizeBytes\n      latestEnergy {\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n": typeof types.StatsDocument,
    "\n  query Plants {\n    plants {\n      plantId\n      name\n      timeZone\n      isStale\n      isSimulated\n      latest {\n        soc\n        batteryCharge\n        batteryDischarge\n        gridImport\n        gridExport\n        ageSeconds\n      }\n    }\n    latestEnergy {\n      soc\n    }\n    silent: latestEnergy(plantId: 4) {\n      soc\n    }\n    unknown: plant(plantId: 99) {\n      plantId\n    }\n  }\n": typeof types.PlantsDocument,
    "\n  mutation Upsert($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n      name\n      timeZone\n      isStale\n    }\n  }\n": typeof types.UpsertDocument,
    "\n  mutation NameOnly($id: Int!, $name: String) {\n    upsertPlant(plantId: $id, name: $name) {\n      name\n      timeZone\n    }\n  }\n": typeof types.NameOnlyDocument,
    "\n      query Pages {\n        telemetry(first: 1000) {\n          nodes {\n            plant {\n              telemetry(first: 1000) {\n                nodes {\n                  plant {\n                    telemetry(first: 1000) {\n                      nodes {\n                        soc\n                      }\n                    }\n                  }\n                }\n              }\n            }\n          }\n        }\n      }\n    ": typeof types.PagesDocument,
    "\n      query Dashboard {\n        plants {\n          plantId\n          telemetry(first: 100) {\n            nodes {\n              timestamp\n              soc\n              pvPower\n              loadPower\n              batteryPower\n              gridPower\n            }\n          }\n        }\n      }\n    ": typeof types.DashboardDocument,
    "\n  query Costs($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      day\n      currency\n      importCost\n      exportRevenue\n      dailyCharge\n      total\n      savings\n      coverage\n      savingsCoverage\n    }\n  }\n": typeof types.CostsDocument,
    "\n  mutation SetTariff(\n    $plantId: Int!\n    $validFrom: Date!\n    $currency: String!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: $currency\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n": typeof types.SetTariffDocument,
    "\n  query Tariffs($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      currency\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n        addPrices\n      }\n      export {\n        rate\n      }\n    }\n  }\n": typeof types.TariffsDocument,
    "\n  mutation DeleteTariff($validFrom: Date!) {\n    deleteTariff(plantId: 8, validFrom: $validFrom)\n  }\n": typeof types.DeleteTariffDocument,
    "\n  mutation RecordPrices($plantId: Int!, $currency: String!, $prices: [PriceInput!]!) {\n    recordPrices(plantId: $plantId, currency: $currency, prices: $prices)\n  }\n": typeof types.RecordPricesDocument,
    "\n  query Prices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    prices(plantId: $plantId, from: $from, to: $to) {\n      from\n      to\n      currency\n      import\n      export\n    }\n  }\n": typeof types.PricesDocument,
    "\n  mutation DeletePrices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deletePrices(plantId: $plantId, from: $from, to: $to)\n  }\n": typeof types.DeletePricesDocument,
    "\n  query ExactCosts($from: Date!, $to: Date!) {\n    days: costs(plantId: 7, from: $from, to: $to, period: DAY) {\n      ...Amounts\n    }\n    year: costs(plantId: 7, from: $from, to: $to, period: YEAR) {\n      ...Amounts\n    }\n    energyOfDays: energy(plantId: 7, from: $from, to: $to, period: DAY) {\n      energy {\n        gridImport\n        gridExport\n      }\n    }\n  }\n  fragment Amounts on CostPeriod {\n    start\n    end\n    importCost\n    exportRevenue\n    dailyCharge\n    savings\n    coverage\n    savingsCoverage\n  }\n": typeof types.ExactCostsDocument,
    "\n  mutation SetExactTariff(\n    $validFrom: Date!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: 7\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      currency\n    }\n  }\n": typeof types.SetExactTariffDocument,
    "\n  mutation RecordExactPrices($prices: [PriceInput!]!) {\n    recordPrices(plantId: 7, currency: \"EUR\", prices: $prices)\n  }\n": typeof types.RecordExactPricesDocument,
    "\n  mutation RecordWithIssues($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n": typeof types.RecordWithIssuesDocument,
    "\n  mutation KnowRatedPower($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      ratedPower\n    }\n  }\n": typeof types.KnowRatedPowerDocument,
    "\n  query DoubtfulSeen {\n    health {\n      status\n      checks {\n        name\n        detail\n      }\n    }\n  }\n": typeof types.DoubtfulSeenDocument,
    "\n  query FleetDay($plantIds: [Int!], $from: DateTime!, $to: DateTime!, $day: Date!, $timeZone: TimeZone) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      plants {\n        plantId\n      }\n      history(from: $from, to: $to, bucket: \"PT1H\") {\n        bucket\n        timeZone\n        points {\n          start\n          pvPower\n          loadPower\n          coverage\n          energy {\n            pv\n            load\n            gridImport\n            missing {\n              plantId\n              fields\n            }\n          }\n          missing {\n            plantId\n            fields\n          }\n        }\n      }\n      energy(from: $day, to: $day) {\n        day\n        energy {\n          pv\n          load\n          gridImport\n          missing {\n            plantId\n            fields\n          }\n        }\n        selfSufficiency\n        coverage\n      }\n    }\n  }\n": typeof types.FleetDayDocument,
    "\n  query FleetCosts($plantIds: [Int!], $day: Date!) {\n    fleet(plantIds: $plantIds, timeZone: \"UTC\") {\n      costs(from: $day, to: $day) {\n        ...Figures\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n    one: costs(plantId: 1, from: $day, to: $day) {\n      ...Figures\n    }\n  }\n  fragment Figures on CostFigures {\n    day\n    currency\n    importCost\n    exportRevenue\n    dailyCharge\n    total\n    savings\n    coverage\n  }\n": typeof types.FleetCostsDocument,
    "\n  query FleetNow($plantIds: [Int!]) {\n    fleet(plantIds: $plantIds) {\n      plants {\n        plantId\n      }\n      latest {\n        timestamp\n        pvPower\n        gridPower\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n  }\n": typeof types.FleetNowDocument,
    "\n  mutation SetPlain($plantId: Int!, $currency: String!, $rate: Decimal!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: \"2026-01-01\"\n      currency: $currency\n      dailyCharge: \"0.004\"\n      import: { rate: $rate }\n      export: { rate: \"0\" }\n    ) {\n      currency\n    }\n  }\n": typeof types.SetPlainDocument,
    "\n  query Seen($plantId: Int!, $from: Date!, $to: Date!, $since: DateTime!, $until: DateTime!) {\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      start\n      end\n      coverage\n      energy {\n        ...Everything\n      }\n    }\n    days: history(plantId: $plantId, from: $since, to: $until, bucket: \"P1D\") {\n      points {\n        start\n        ...Means\n      }\n    }\n    quarters: history(plantId: $plantId, from: $since, to: $until, bucket: \"PT15M\") {\n      points {\n        start\n        coverage\n        energy {\n          ...Everything\n        }\n        ...Means\n      }\n    }\n  }\n  fragment Everything on Energy {\n    pv\n    load\n    gridImport\n    gridExport\n    batteryCharge\n    batteryDischarge\n    generator\n  }\n  fragment Means on HistoryPoint {\n    pvPower {\n      avg\n    }\n    loadPower {\n      avg\n    }\n    gridPower {\n      avg\n    }\n    batteryPower {\n      avg\n    }\n    generatorPower {\n      avg\n    }\n  }\n": typeof types.SeenDocument,
    "\n  query Energy($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      start\n      end\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfConsumption\n      selfSufficiency\n      peakPvPower\n      peakLoadPower\n      minSoc\n      maxSoc\n      coverage\n    }\n  }\n": typeof types.EnergyDocument,
    "\n  query LoadOnly($from: Date!, $to: Date!) {\n    energy(plantId: 7, from: $from, to: $to) {\n      selfSufficiency\n      ...Loads\n    }\n  }\n  fragment Loads on EnergyPeriod {\n    totals: energy {\n      load\n    }\n  }\n": typeof types.LoadOnlyDocument,
    "\n  mutation SetLimit($id: Int!, $maxGap: Duration) {\n    upsertPlant(plantId: $id, maxGap: $maxGap) {\n      maxGap\n    }\n  }\n": typeof types.SetLimitDocument,
    "\n  mutation RatePlant($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      name\n      ratedPower\n      maxGap\n    }\n  }\n": typeof types.RatePlantDocument,
    "\n  query DayOfEnergy($plantId: Int!, $day: Date!) {\n    energy(plantId: $plantId, from: $day, to: $day) {\n      energy {\n        pv\n        load\n      }\n      coverage\n    }\n  }\n": typeof types.DayOfEnergyDocument,
    "\n  query History(\n    $plantId: Int!\n    $from: DateTime!\n    $to: DateTime!\n    $bucket: Duration\n    $maxPoints: Int\n    $timeZone: TimeZone\n    $fill: Fill\n  ) {\n    history(\n      plantId: $plantId\n      from: $from\n      to: $to\n      bucket: $bucket\n      maxPoints: $maxPoints\n      timeZone: $timeZone\n      fill: $fill\n    ) {\n      plant {\n        plantId\n        name\n      }\n      bucket\n      timeZone\n      points {\n        start\n        end\n        samples\n        coverage\n        soc {\n          ...Values\n        }\n        pvPower {\n          ...Values\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n      }\n    }\n  }\n  fragment Values on Range {\n    avg\n    min\n    max\n    coverage\n  }\n": typeof types.HistoryDocument,
    "\n  query Chart($from: DateTime!, $to: DateTime!) {\n    history(plantId: 7, from: $from, to: $to, bucket: \"PT1H\") {\n      points {\n        start\n      }\n    }\n  }\n": typeof types.ChartDocument,
    "\n  query MeanDay($from: Date!, $to: Date!) {\n    excess(plantId: 7, from: $from, to: $to, period: DAY) {\n      day\n      excess\n      coverage\n    }\n    whole: excess(plantId: 7, from: $from, to: $to, period: YEAR) {\n      excess\n    }\n    meanDay(plantId: 7, from: $from, to: $to) {\n      hour\n      pvPower\n      soc\n      excess\n      coverage\n    }\n    byHour: meanDay(plantId: 7, from: $from, to: $to) {\n      pvPower\n    }\n  }\n": typeof types.MeanDayDocument,
    "\n  query ChartOf($plantId: Int!, $to: DateTime!, $bucket: Duration!) {\n    history(plantId: $plantId, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: $bucket) {\n      points {\n        samples\n      }\n    }\n  }\n": typeof types.ChartOfDocument,
    "\n  query ChartOfMuch($to: DateTime!) {\n    history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      points {\n        soc {\n          avg\n        }\n        batteryPower {\n          avg\n        }\n        batteryVoltage {\n          avg\n        }\n        batteryCurrent {\n          avg\n        }\n        pvPower {\n          avg\n        }\n        pvVoltage {\n          avg\n        }\n        pvCurrent {\n          avg\n        }\n        loadPower {\n          avg\n        }\n        gridPower {\n          avg\n        }\n        generatorPower {\n          avg\n        }\n        batteryTemperature {\n          avg\n        }\n      }\n    }\n  }\n": typeof types.ChartOfMuchDocument,
    "\n  query TwoCharts($to: DateTime!) {\n    one: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n    other: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n  }\n": typeof types.TwoChartsDocument,
    "\n  query LargeValues {\n    telemetry {\n      nodes {\n        pvPower\n        batteryPower\n        batteryCharge\n        gridPower\n        gridImport\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T00:10:00Z\", bucket: \"PT10M\") {\n      points {\n        pvPower {\n          max\n        }\n        batteryPower {\n          max\n        }\n        gridPower {\n          max\n        }\n      }\n    }\n  }\n": typeof types.LargeValuesDocument,
    "\n  query BelowZero {\n    plant(plantId: 1) {\n      latest {\n        pvPower\n        loadPower\n      }\n    }\n    latestEnergy(plantId: 1) {\n      pvPower\n      generatorPower\n    }\n    telemetry {\n      nodes {\n        pvPower\n        loadPower\n        gridPower\n        pvToGrid\n        gridToLoad\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T01:00:00Z\", bucket: \"PT1H\") {\n      points {\n        pvPower {\n          avg\n          min\n          max\n        }\n        loadPower {\n          avg\n          min\n          max\n        }\n        gridPower {\n          min\n        }\n        pvToGrid {\n          avg\n          max\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n        }\n      }\n    }\n    energy(plantId: 1, from: \"2026-06-01\", to: \"2026-06-01\") {\n      peakPvPower\n      peakLoadPower\n      selfConsumption\n      energy {\n        pv\n        load\n        generator\n      }\n    }\n  }\n": typeof types.BelowZeroDocument,
    "\n  query WrittenPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n        }\n      }\n    }\n  }\n": typeof types.WrittenPageDocument,
    "\n  query ResolvedPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n          plant {\n            name\n          }\n        }\n      }\n    }\n  }\n": typeof types.ResolvedPageDocument,
    "\n  query Page(\n    $plantId: Int\n    $from: DateTime\n    $to: DateTime\n    $first: Int\n    $after: String\n    $last: Int\n    $before: String\n  ) {\n    telemetry(\n      plantId: $plantId\n      from: $from\n      to: $to\n      first: $first\n      after: $after\n      last: $last\n      before: $before\n    ) {\n      edges {\n        cursor\n        node {\n          soc\n        }\n      }\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n": typeof types.PageDocument,
    "\n  query PlantPage($id: Int!, $last: Int) {\n    plant(plantId: $id) {\n      telemetry(last: $last) {\n        nodes {\n          soc\n        }\n      }\n    }\n  }\n": typeof types.PlantPageDocument,
    "\n  query PlantsByPage($first: Int, $after: Int) {\n    plants(first: $first, after: $after) {\n      name\n      latest {\n        soc\n      }\n    }\n  }\n": typeof types.PlantsByPageDocument,
    "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": typeof types.RecordDocument,
    "\n  mutation RecordDoubtful($readings: [TelemetryInput!]!, $onInvalid: OnInvalid! = REFUSE) {\n    recordTelemetry(readings: $readings, onInvalid: $onInvalid) {\n      received\n      inserted\n      duplicates\n      refused\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n": typeof types.RecordDoubtfulDocument,
    "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n": typeof types.StoredDocument,
    "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n": typeof types.DeleteDocument,
    "\n  query NewestOfEach {\n    systemStats {\n      totalEnergySnapshots\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n      }\n    }\n  }\n": typeof types.NewestOfEachDocument,
    "\n  mutation NamePlantOfPage($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n    }\n  }\n": typeof types.NamePlantOfPageDocument,
    "\n  query EnergyOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfSufficiency\n      selfConsumption\n      coverage\n    }\n  }\n": typeof types.EnergyOfPeriodsDocument,
    "\n  query CourseOfDay($plantId: Int!, $from: DateTime!, $to: DateTime!, $maxPoints: Int!) {\n    history(plantId: $plantId, from: $from, to: $to, maxPoints: $maxPoints) {\n      points {\n        start\n        pvPower {\n          avg\n        }\n        soc {\n          avg\n        }\n      }\n    }\n  }\n": typeof types.CourseOfDayDocument,
    "\n  query CostsOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      savings\n      importCost\n      dailyCharge\n      exportRevenue\n      total\n      coverage\n    }\n  }\n": typeof types.CostsOfPeriodsDocument,
    "\n  mutation SetTariffOfPage($plantId: Int!, $validFrom: Date!, $import: TariffRatesInput!, $export: TariffRatesInput!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: \"0.4125\"\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n": typeof types.SetTariffOfPageDocument,
    "\n  query SumsOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      energy(from: $from, to: $to, period: MONTH) {\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n        selfSufficiency\n        selfConsumption\n      }\n      costs(from: $from, to: $to, period: MONTH) {\n        savings\n        importCost\n        dailyCharge\n        exportRevenue\n        total\n      }\n    }\n  }\n": typeof types.SumsOfFleetDocument,
    "\n  query CourseOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      history(from: $from, to: $to, maxPoints: 48) {\n        points {\n          start\n          pvPower\n          gridPower\n        }\n      }\n    }\n  }\n": typeof types.CourseOfFleetDocument,
    "\n  query TariffsOfPage($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n      }\n      export {\n        rate\n        windows {\n          rate\n          from\n          to\n        }\n      }\n    }\n  }\n": typeof types.TariffsOfPageDocument,
};
const documents: Documents = {
    "\n  query WhatIsKept($plantId: Int!, $from: Date!, $to: Date!) {\n    systemStats {\n      totalEnergySnapshots\n      plants\n    }\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n      }\n      coverage\n    }\n  }\n": types.WhatIsKeptDocument,
    "\n  query CursorOfNow {\n    telemetryCursor\n  }\n": types.CursorOfNowDocument,
    "\n  subscription EveryReading($after: String) {\n    telemetry(after: $after) {\n      cursor\n      node {\n        soc\n      }\n    }\n  }\n": types.EveryReadingDocument,
    "\n  query EveryPlant {\n    plants {\n      plantId\n      isSimulated\n      latest {\n        timestamp\n      }\n    }\n  }\n": types.EveryPlantDocument,
    "\n  query LatestReading($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n      plant {\n        plantId\n        isSimulated\n      }\n    }\n  }\n": types.LatestReadingDocument,
    "\n  query PageOfReadings($plantId: Int, $first: Int, $after: String) {\n    telemetry(plantId: $plantId, first: $first, after: $after) {\n      nodes {\n        timestamp\n        soc\n        pvPower\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.PageOfReadingsDocument,
    "\n  query Totals {\n    systemStats {\n      totalEnergySnapshots\n      plants\n      liveSubscriptions\n      latestEnergy {\n        soc\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n": types.TotalsDocument,
    "\n  query WholeStory($plantId: Int!) {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: \"PT1H\"\n    ) {\n      points {\n        soc {\n          avg\n        }\n      }\n    }\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-01-01\") {\n      energy {\n        pv\n      }\n    }\n    fleet(plantIds: [$plantId]) {\n      energy(from: \"2026-01-01\", to: \"2026-01-01\") {\n        energy {\n          pv\n        }\n      }\n    }\n    telemetry(plantId: $plantId) {\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n    latestEnergy(plantId: $plantId) {\n      soc\n    }\n  }\n": types.WholeStoryDocument,
    "\n  query HourlyChart($plantId: Int!, $bucket: Duration! = \"PT1H\") {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: $bucket\n    ) {\n      plant {\n        plantId\n      }\n      points {\n        start\n        pvPower {\n          avg\n        }\n      }\n    }\n  }\n": types.HourlyChartDocument,
    "\n  query HealthReport {\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n": types.HealthReportDocument,
    "\n  query StorageStatus {\n    schemaStatus {\n      storage {\n        kind\n        reason\n      }\n      pendingMigrations\n      migrations {\n        name\n        status\n      }\n    }\n  }\n": types.StorageStatusDocument,
    "\n  mutation SendReadings($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n": types.SendReadingsDocument,
    "\n  mutation ApplyMigrations($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        error\n      }\n      notices\n    }\n  }\n": types.ApplyMigrationsDocument,
    "\n  subscription LiveReadings($plantId: Int, $minInterval: Duration) {\n    latestEnergy(plantId: $plantId, minInterval: $minInterval) {\n      timestamp\n      soc\n      plant {\n        plantId\n      }\n    }\n  }\n": types.LiveReadingsDocument,
    "\n  subscription LiveCharge($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n  }\n": types.LiveChargeDocument,
    "\n  query InForce {\n    schemaStatus {\n      storage {\n        retention\n        rollupRetention\n        compressAfter\n        compressionReason\n      }\n      hypertables {\n        name\n        retention\n        compressionEnabled\n      }\n    }\n  }\n": types.InForceDocument,
    "\n  subscription LiveWithPlant {\n    latestEnergy(plantId: 1) {\n      soc\n      plant {\n        name\n      }\n    }\n  }\n": types.LiveWithPlantDocument,
    "\n  query ConnectedPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        readings24h\n        lastError\n      }\n    }\n    latestEnergy(plantId: 7) {\n      batteryCharge\n      gridExport\n    }\n  }\n": types.ConnectedPlantDocument,
    "\n  mutation RecordForRelay($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n": types.RecordForRelayDocument,
    "\n  query Adopted {\n    telemetry(first: 100) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    schemaStatus {\n      storage {\n        kind\n      }\n    }\n  }\n": types.AdoptedDocument,
    "\n  mutation Send($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n": types.SendDocument,
    "\n  mutation Run($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        appliedAt\n        error\n      }\n      notices\n    }\n  }\n": types.RunDocument,
    "\n  query Status {\n    schemaStatus {\n      storage {\n        kind\n        timescaledbVersion\n        timescaledbLicense\n        reason\n      }\n      tables {\n        schema\n        name\n        kind\n        columns {\n          name\n          type\n          nullable\n          comment\n        }\n        indexes {\n          name\n        }\n      }\n      hypertables {\n        schema\n        name\n        chunks\n        chunkInterval\n        compressionEnabled\n        retention\n      }\n      migrations {\n        name\n        status\n      }\n      pendingMigrations\n    }\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n": types.StatusDocument,
    "\n  mutation RecordEarly($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n": types.RecordEarlyDocument,
    "\n  mutation RecordPerhaps($readings: [TelemetryInput!]!, $record: Boolean!) {\n    ...Perhaps\n    __typename\n  }\n  fragment Perhaps on Mutation {\n    recordTelemetry(readings: $readings) @include(if: $record) {\n      inserted\n    }\n  }\n": types.RecordPerhapsDocument,
    "\n  query Everything {\n    plants {\n      id\n      plantId\n      name\n    }\n    telemetry {\n      nodes {\n        id\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n": types.EverythingDocument,
    "\n  query OneNode($id: ID!) {\n    node(id: $id) {\n      __typename\n      id\n      ... on Plant {\n        plantId\n        name\n        latest {\n          soc\n        }\n      }\n      ... on Telemetry {\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n": types.OneNodeDocument,
    "\n  query Nodes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      id\n      ... on Telemetry {\n        timestamp\n        soc\n      }\n    }\n  }\n": types.NodesDocument,
    "\n  query Metered($from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: 7, from: $from, to: $to, period: $period) {\n      day\n      energy {\n        pv\n      }\n      metered {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n        generator\n      }\n    }\n  }\n": types.MeteredDocument,
    "\n  mutation DeleteCounted($from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: 7, from: $from, to: $to)\n  }\n": types.DeleteCountedDocument,
    "\n  query EnergyOfYear($plantId: Int!) {\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-12-31\", period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n": types.EnergyOfYearDocument,
    "\n  query EnergyOfFile($plantId: Int!, $from: Date!, $to: Date!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n": types.EnergyOfFileDocument,
    "\n  query SourcesOfPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        lastReadingAt\n        lastError\n        readings24h\n        duplicates24h\n        doubtful24h\n        expectedInterval\n      }\n    }\n  }\n": types.SourcesOfPlantDocument,
    "\n  query StalePlants {\n    plants {\n      plantId\n      isStale\n    }\n  }\n": types.StalePlantsDocument,
    "\n  query StaleFleet {\n    fleet(timeZone: \"UTC\") {\n      latest {\n        pvPower\n        missing {\n          plantId\n        }\n      }\n    }\n  }\n": types.StaleFleetDocument,
    "\n  query Directions($plantId: Int!, $from: Date!, $to: Date!) {\n    latestEnergy(plantId: $plantId) {\n      batteryCharge\n      batteryDischarge\n      gridExport\n      gridImport\n      pvPower\n    }\n    energy(plantId: $plantId, from: $from, to: $to, timeZone: \"UTC\") {\n      energy {\n        batteryCharge\n        batteryDischarge\n        gridExport\n        gridImport\n        pv\n      }\n    }\n  }\n": types.DirectionsDocument,
    "\n  mutation RecordNumbered($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": types.RecordNumberedDocument,
    "\n  subscription FollowNewest($plantId: Int!) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n    }\n  }\n": types.FollowNewestDocument,
    "\n  query Stats {\n    systemStats {\n      totalEnergySnapshots\n      energySnapshots24h\n      totalConversations\n      conversationsToday\n      agentEvents24h\n      plants\n      liveSubscriptions\n      databaseSizeBytes\n      latestEnergy {\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n": types.StatsDocument,
    "\n  query Plants {\n    plants {\n      plantId\n      name\n      timeZone\n      isStale\n      isSimulated\n      latest {\n        soc\n        batteryCharge\n        batteryDischarge\n        gridImport\n        gridExport\n        ageSeconds\n      }\n    }\n    latestEnergy {\n      soc\n    }\n    silent: latestEnergy(plantId: 4) {\n      soc\n    }\n    unknown: plant(plantId: 99) {\n      plantId\n    }\n  }\n": types.PlantsDocument,
    "\n  mutation Upsert($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n      name\n      timeZone\n      isStale\n    }\n  }\n": types.UpsertDocument,
    "\n  mutation NameOnly($id: Int!, $name: String) {\n    upsertPlant(plantId: $id, name: $name) {\n      name\n      timeZone\n    }\n  }\n": types.NameOnlyDocument,
    "\n      query Pages {\n        telemetry(first: 1000) {\n          nodes {\n            plant {\n              telemetry(first: 1000) {\n                nodes {\n                  plant {\n                    telemetry(first: 1000) {\n                      nodes {\n                        soc\n                      }\n                    }\n                  }\n                }\n              }\n            }\n          }\n        }\n      }\n    ": types.PagesDocument,
    "\n      query Dashboard {\n        plants {\n          plantId\n          telemetry(first: 100) {\n            nodes {\n              timestamp\n              soc\n              pvPower\n              loadPower\n              batteryPower\n              gridPower\n            }\n          }\n        }\n      }\n    ": types.DashboardDocument,
    "\n  query Costs($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      day\n      currency\n      importCost\n      exportRevenue\n      dailyCharge\n      total\n      savings\n      coverage\n      savingsCoverage\n    }\n  }\n": types.CostsDocument,
    "\n  mutation SetTariff(\n    $plantId: Int!\n    $validFrom: Date!\n    $currency: String!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: $currency\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n": types.SetTariffDocument,
    "\n  query Tariffs($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      currency\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n        addPrices\n      }\n      export {\n        rate\n      }\n    }\n  }\n": types.TariffsDocument,
    "\n  mutation DeleteTariff($validFrom: Date!) {\n    deleteTariff(plantId: 8, validFrom: $validFrom)\n  }\n": types.DeleteTariffDocument,
    "\n  mutation RecordPrices($plantId: Int!, $currency: String!, $prices: [PriceInput!]!) {\n    recordPrices(plantId: $plantId, currency: $currency, prices: $prices)\n  }\n": types.RecordPricesDocument,
    "\n  query Prices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    prices(plantId: $plantId, from: $from, to: $to) {\n      from\n      to\n      currency\n      import\n      export\n    }\n  }\n": types.PricesDocument,
    "\n  mutation DeletePrices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deletePrices(plantId: $plantId, from: $from, to: $to)\n  }\n": types.DeletePricesDocument,
    "\n  query ExactCosts($from: Date!, $to: Date!) {\n    days: costs(plantId: 7, from: $from, to: $to, period: DAY) {\n      ...Amounts\n    }\n    year: costs(plantId: 7, from: $from, to: $to, period: YEAR) {\n      ...Amounts\n    }\n    energyOfDays: energy(plantId: 7, from: $from, to: $to, period: DAY) {\n      energy {\n        gridImport\n        gridExport\n      }\n    }\n  }\n  fragment Amounts on CostPeriod {\n    start\n    end\n    importCost\n    exportRevenue\n    dailyCharge\n    savings\n    coverage\n    savingsCoverage\n  }\n": types.ExactCostsDocument,
    "\n  mutation SetExactTariff(\n    $validFrom: Date!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: 7\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      currency\n    }\n  }\n": types.SetExactTariffDocument,
    "\n  mutation RecordExactPrices($prices: [PriceInput!]!) {\n    recordPrices(plantId: 7, currency: \"EUR\", prices: $prices)\n  }\n": types.RecordExactPricesDocument,
    "\n  mutation RecordWithIssues($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n": types.RecordWithIssuesDocument,
    "\n  mutation KnowRatedPower($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      ratedPower\n    }\n  }\n": types.KnowRatedPowerDocument,
    "\n  query DoubtfulSeen {\n    health {\n      status\n      checks {\n        name\n        detail\n      }\n    }\n  }\n": types.DoubtfulSeenDocument,
    "\n  query FleetDay($plantIds: [Int!], $from: DateTime!, $to: DateTime!, $day: Date!, $timeZone: TimeZone) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      plants {\n        plantId\n      }\n      history(from: $from, to: $to, bucket: \"PT1H\") {\n        bucket\n        timeZone\n        points {\n          start\n          pvPower\n          loadPower\n          coverage\n          energy {\n            pv\n            load\n            gridImport\n            missing {\n              plantId\n              fields\n            }\n          }\n          missing {\n            plantId\n            fields\n          }\n        }\n      }\n      energy(from: $day, to: $day) {\n        day\n        energy {\n          pv\n          load\n          gridImport\n          missing {\n            plantId\n            fields\n          }\n        }\n        selfSufficiency\n        coverage\n      }\n    }\n  }\n": types.FleetDayDocument,
    "\n  query FleetCosts($plantIds: [Int!], $day: Date!) {\n    fleet(plantIds: $plantIds, timeZone: \"UTC\") {\n      costs(from: $day, to: $day) {\n        ...Figures\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n    one: costs(plantId: 1, from: $day, to: $day) {\n      ...Figures\n    }\n  }\n  fragment Figures on CostFigures {\n    day\n    currency\n    importCost\n    exportRevenue\n    dailyCharge\n    total\n    savings\n    coverage\n  }\n": types.FleetCostsDocument,
    "\n  query FleetNow($plantIds: [Int!]) {\n    fleet(plantIds: $plantIds) {\n      plants {\n        plantId\n      }\n      latest {\n        timestamp\n        pvPower\n        gridPower\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n  }\n": types.FleetNowDocument,
    "\n  mutation SetPlain($plantId: Int!, $currency: String!, $rate: Decimal!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: \"2026-01-01\"\n      currency: $currency\n      dailyCharge: \"0.004\"\n      import: { rate: $rate }\n      export: { rate: \"0\" }\n    ) {\n      currency\n    }\n  }\n": types.SetPlainDocument,
    "\n  query Seen($plantId: Int!, $from: Date!, $to: Date!, $since: DateTime!, $until: DateTime!) {\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      start\n      end\n      coverage\n      energy {\n        ...Everything\n      }\n    }\n    days: history(plantId: $plantId, from: $since, to: $until, bucket: \"P1D\") {\n      points {\n        start\n        ...Means\n      }\n    }\n    quarters: history(plantId: $plantId, from: $since, to: $until, bucket: \"PT15M\") {\n      points {\n        start\n        coverage\n        energy {\n          ...Everything\n        }\n        ...Means\n      }\n    }\n  }\n  fragment Everything on Energy {\n    pv\n    load\n    gridImport\n    gridExport\n    batteryCharge\n    batteryDischarge\n    generator\n  }\n  fragment Means on HistoryPoint {\n    pvPower {\n      avg\n    }\n    loadPower {\n      avg\n    }\n    gridPower {\n      avg\n    }\n    batteryPower {\n      avg\n    }\n    generatorPower {\n      avg\n    }\n  }\n": types.SeenDocument,
    "\n  query Energy($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      start\n      end\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfConsumption\n      selfSufficiency\n      peakPvPower\n      peakLoadPower\n      minSoc\n      maxSoc\n      coverage\n    }\n  }\n": types.EnergyDocument,
    "\n  query LoadOnly($from: Date!, $to: Date!) {\n    energy(plantId: 7, from: $from, to: $to) {\n      selfSufficiency\n      ...Loads\n    }\n  }\n  fragment Loads on EnergyPeriod {\n    totals: energy {\n      load\n    }\n  }\n": types.LoadOnlyDocument,
    "\n  mutation SetLimit($id: Int!, $maxGap: Duration) {\n    upsertPlant(plantId: $id, maxGap: $maxGap) {\n      maxGap\n    }\n  }\n": types.SetLimitDocument,
    "\n  mutation RatePlant($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      name\n      ratedPower\n      maxGap\n    }\n  }\n": types.RatePlantDocument,
    "\n  query DayOfEnergy($plantId: Int!, $day: Date!) {\n    energy(plantId: $plantId, from: $day, to: $day) {\n      energy {\n        pv\n        load\n      }\n      coverage\n    }\n  }\n": types.DayOfEnergyDocument,
    "\n  query History(\n    $plantId: Int!\n    $from: DateTime!\n    $to: DateTime!\n    $bucket: Duration\n    $maxPoints: Int\n    $timeZone: TimeZone\n    $fill: Fill\n  ) {\n    history(\n      plantId: $plantId\n      from: $from\n      to: $to\n      bucket: $bucket\n      maxPoints: $maxPoints\n      timeZone: $timeZone\n      fill: $fill\n    ) {\n      plant {\n        plantId\n        name\n      }\n      bucket\n      timeZone\n      points {\n        start\n        end\n        samples\n        coverage\n        soc {\n          ...Values\n        }\n        pvPower {\n          ...Values\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n      }\n    }\n  }\n  fragment Values on Range {\n    avg\n    min\n    max\n    coverage\n  }\n": types.HistoryDocument,
    "\n  query Chart($from: DateTime!, $to: DateTime!) {\n    history(plantId: 7, from: $from, to: $to, bucket: \"PT1H\") {\n      points {\n        start\n      }\n    }\n  }\n": types.ChartDocument,
    "\n  query MeanDay($from: Date!, $to: Date!) {\n    excess(plantId: 7, from: $from, to: $to, period: DAY) {\n      day\n      excess\n      coverage\n    }\n    whole: excess(plantId: 7, from: $from, to: $to, period: YEAR) {\n      excess\n    }\n    meanDay(plantId: 7, from: $from, to: $to) {\n      hour\n      pvPower\n      soc\n      excess\n      coverage\n    }\n    byHour: meanDay(plantId: 7, from: $from, to: $to) {\n      pvPower\n    }\n  }\n": types.MeanDayDocument,
    "\n  query ChartOf($plantId: Int!, $to: DateTime!, $bucket: Duration!) {\n    history(plantId: $plantId, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: $bucket) {\n      points {\n        samples\n      }\n    }\n  }\n": types.ChartOfDocument,
    "\n  query ChartOfMuch($to: DateTime!) {\n    history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      points {\n        soc {\n          avg\n        }\n        batteryPower {\n          avg\n        }\n        batteryVoltage {\n          avg\n        }\n        batteryCurrent {\n          avg\n        }\n        pvPower {\n          avg\n        }\n        pvVoltage {\n          avg\n        }\n        pvCurrent {\n          avg\n        }\n        loadPower {\n          avg\n        }\n        gridPower {\n          avg\n        }\n        generatorPower {\n          avg\n        }\n        batteryTemperature {\n          avg\n        }\n      }\n    }\n  }\n": types.ChartOfMuchDocument,
    "\n  query TwoCharts($to: DateTime!) {\n    one: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n    other: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n  }\n": types.TwoChartsDocument,
    "\n  query LargeValues {\n    telemetry {\n      nodes {\n        pvPower\n        batteryPower\n        batteryCharge\n        gridPower\n        gridImport\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T00:10:00Z\", bucket: \"PT10M\") {\n      points {\n        pvPower {\n          max\n        }\n        batteryPower {\n          max\n        }\n        gridPower {\n          max\n        }\n      }\n    }\n  }\n": types.LargeValuesDocument,
    "\n  query BelowZero {\n    plant(plantId: 1) {\n      latest {\n        pvPower\n        loadPower\n      }\n    }\n    latestEnergy(plantId: 1) {\n      pvPower\n      generatorPower\n    }\n    telemetry {\n      nodes {\n        pvPower\n        loadPower\n        gridPower\n        pvToGrid\n        gridToLoad\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T01:00:00Z\", bucket: \"PT1H\") {\n      points {\n        pvPower {\n          avg\n          min\n          max\n        }\n        loadPower {\n          avg\n          min\n          max\n        }\n        gridPower {\n          min\n        }\n        pvToGrid {\n          avg\n          max\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n        }\n      }\n    }\n    energy(plantId: 1, from: \"2026-06-01\", to: \"2026-06-01\") {\n      peakPvPower\n      peakLoadPower\n      selfConsumption\n      energy {\n        pv\n        load\n        generator\n      }\n    }\n  }\n": types.BelowZeroDocument,
    "\n  query WrittenPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n        }\n      }\n    }\n  }\n": types.WrittenPageDocument,
    "\n  query ResolvedPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n          plant {\n            name\n          }\n        }\n      }\n    }\n  }\n": types.ResolvedPageDocument,
    "\n  query Page(\n    $plantId: Int\n    $from: DateTime\n    $to: DateTime\n    $first: Int\n    $after: String\n    $last: Int\n    $before: String\n  ) {\n    telemetry(\n      plantId: $plantId\n      from: $from\n      to: $to\n      first: $first\n      after: $after\n      last: $last\n      before: $before\n    ) {\n      edges {\n        cursor\n        node {\n          soc\n        }\n      }\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n": types.PageDocument,
    "\n  query PlantPage($id: Int!, $last: Int) {\n    plant(plantId: $id) {\n      telemetry(last: $last) {\n        nodes {\n          soc\n        }\n      }\n    }\n  }\n": types.PlantPageDocument,
    "\n  query PlantsByPage($first: Int, $after: Int) {\n    plants(first: $first, after: $after) {\n      name\n      latest {\n        soc\n      }\n    }\n  }\n": types.PlantsByPageDocument,
    "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n": types.RecordDocument,
    "\n  mutation RecordDoubtful($readings: [TelemetryInput!]!, $onInvalid: OnInvalid! = REFUSE) {\n    recordTelemetry(readings: $readings, onInvalid: $onInvalid) {\n      received\n      inserted\n      duplicates\n      refused\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n": types.RecordDoubtfulDocument,
    "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n": types.StoredDocument,
    "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n": types.DeleteDocument,
    "\n  query NewestOfEach {\n    systemStats {\n      totalEnergySnapshots\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n      }\n    }\n  }\n": types.NewestOfEachDocument,
    "\n  mutation NamePlantOfPage($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n    }\n  }\n": types.NamePlantOfPageDocument,
    "\n  query EnergyOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfSufficiency\n      selfConsumption\n      coverage\n    }\n  }\n": types.EnergyOfPeriodsDocument,
    "\n  query CourseOfDay($plantId: Int!, $from: DateTime!, $to: DateTime!, $maxPoints: Int!) {\n    history(plantId: $plantId, from: $from, to: $to, maxPoints: $maxPoints) {\n      points {\n        start\n        pvPower {\n          avg\n        }\n        soc {\n          avg\n        }\n      }\n    }\n  }\n": types.CourseOfDayDocument,
    "\n  query CostsOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      savings\n      importCost\n      dailyCharge\n      exportRevenue\n      total\n      coverage\n    }\n  }\n": types.CostsOfPeriodsDocument,
    "\n  mutation SetTariffOfPage($plantId: Int!, $validFrom: Date!, $import: TariffRatesInput!, $export: TariffRatesInput!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: \"0.4125\"\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n": types.SetTariffOfPageDocument,
    "\n  query SumsOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      energy(from: $from, to: $to, period: MONTH) {\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n        selfSufficiency\n        selfConsumption\n      }\n      costs(from: $from, to: $to, period: MONTH) {\n        savings\n        importCost\n        dailyCharge\n        exportRevenue\n        total\n      }\n    }\n  }\n": types.SumsOfFleetDocument,
    "\n  query CourseOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      history(from: $from, to: $to, maxPoints: 48) {\n        points {\n          start\n          pvPower\n          gridPower\n        }\n      }\n    }\n  }\n": types.CourseOfFleetDocument,
    "\n  query TariffsOfPage($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n      }\n      export {\n        rate\n        windows {\n          rate\n          from\n          to\n        }\n      }\n    }\n  }\n": types.TariffsOfPageDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WhatIsKept($plantId: Int!, $from: Date!, $to: Date!) {\n    systemStats {\n      totalEnergySnapshots\n      plants\n    }\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n      }\n      coverage\n    }\n  }\n"): typeof import('./graphql.ts').WhatIsKeptDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CursorOfNow {\n    telemetryCursor\n  }\n"): typeof import('./graphql.ts').CursorOfNowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription EveryReading($after: String) {\n    telemetry(after: $after) {\n      cursor\n      node {\n        soc\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EveryReadingDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query EveryPlant {\n    plants {\n      plantId\n      isSimulated\n      latest {\n        timestamp\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EveryPlantDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LatestReading($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n      plant {\n        plantId\n        isSimulated\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LatestReadingDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PageOfReadings($plantId: Int, $first: Int, $after: String) {\n    telemetry(plantId: $plantId, first: $first, after: $after) {\n      nodes {\n        timestamp\n        soc\n        pvPower\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PageOfReadingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Totals {\n    systemStats {\n      totalEnergySnapshots\n      plants\n      liveSubscriptions\n      latestEnergy {\n        soc\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TotalsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WholeStory($plantId: Int!) {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: \"PT1H\"\n    ) {\n      points {\n        soc {\n          avg\n        }\n      }\n    }\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-01-01\") {\n      energy {\n        pv\n      }\n    }\n    fleet(plantIds: [$plantId]) {\n      energy(from: \"2026-01-01\", to: \"2026-01-01\") {\n        energy {\n          pv\n        }\n      }\n    }\n    telemetry(plantId: $plantId) {\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n    latestEnergy(plantId: $plantId) {\n      soc\n    }\n  }\n"): typeof import('./graphql.ts').WholeStoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query HourlyChart($plantId: Int!, $bucket: Duration! = \"PT1H\") {\n    history(\n      plantId: $plantId\n      from: \"2026-01-01T00:00:00Z\"\n      to: \"2026-01-02T00:00:00Z\"\n      bucket: $bucket\n    ) {\n      plant {\n        plantId\n      }\n      points {\n        start\n        pvPower {\n          avg\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').HourlyChartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query HealthReport {\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n"): typeof import('./graphql.ts').HealthReportDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StorageStatus {\n    schemaStatus {\n      storage {\n        kind\n        reason\n      }\n      pendingMigrations\n      migrations {\n        name\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StorageStatusDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SendReadings($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n"): typeof import('./graphql.ts').SendReadingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ApplyMigrations($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        error\n      }\n      notices\n    }\n  }\n"): typeof import('./graphql.ts').ApplyMigrationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LiveReadings($plantId: Int, $minInterval: Duration) {\n    latestEnergy(plantId: $plantId, minInterval: $minInterval) {\n      timestamp\n      soc\n      plant {\n        plantId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveReadingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LiveCharge($plantId: Int) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n      soc\n    }\n  }\n"): typeof import('./graphql.ts').LiveChargeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InForce {\n    schemaStatus {\n      storage {\n        retention\n        rollupRetention\n        compressAfter\n        compressionReason\n      }\n      hypertables {\n        name\n        retention\n        compressionEnabled\n      }\n    }\n  }\n"): typeof import('./graphql.ts').InForceDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LiveWithPlant {\n    latestEnergy(plantId: 1) {\n      soc\n      plant {\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveWithPlantDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ConnectedPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        readings24h\n        lastError\n      }\n    }\n    latestEnergy(plantId: 7) {\n      batteryCharge\n      gridExport\n    }\n  }\n"): typeof import('./graphql.ts').ConnectedPlantDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordForRelay($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n"): typeof import('./graphql.ts').RecordForRelayDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Adopted {\n    telemetry(first: 100) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    schemaStatus {\n      storage {\n        kind\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AdoptedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Send($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      duplicates\n    }\n  }\n"): typeof import('./graphql.ts').SendDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Run($target: String, $dryRun: Boolean! = false) {\n    runMigration(target: $target, dryRun: $dryRun) {\n      status\n      steps {\n        name\n        status\n        appliedAt\n        error\n      }\n      notices\n    }\n  }\n"): typeof import('./graphql.ts').RunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Status {\n    schemaStatus {\n      storage {\n        kind\n        timescaledbVersion\n        timescaledbLicense\n        reason\n      }\n      tables {\n        schema\n        name\n        kind\n        columns {\n          name\n          type\n          nullable\n          comment\n        }\n        indexes {\n          name\n        }\n      }\n      hypertables {\n        schema\n        name\n        chunks\n        chunkInterval\n        compressionEnabled\n        retention\n      }\n      migrations {\n        name\n        status\n      }\n      pendingMigrations\n    }\n    health {\n      status\n      checks {\n        name\n        status\n        detail\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StatusDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordEarly($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n    }\n  }\n"): typeof import('./graphql.ts').RecordEarlyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordPerhaps($readings: [TelemetryInput!]!, $record: Boolean!) {\n    ...Perhaps\n    __typename\n  }\n  fragment Perhaps on Mutation {\n    recordTelemetry(readings: $readings) @include(if: $record) {\n      inserted\n    }\n  }\n"): typeof import('./graphql.ts').RecordPerhapsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Everything {\n    plants {\n      id\n      plantId\n      name\n    }\n    telemetry {\n      nodes {\n        id\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EverythingDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneNode($id: ID!) {\n    node(id: $id) {\n      __typename\n      id\n      ... on Plant {\n        plantId\n        name\n        latest {\n          soc\n        }\n      }\n      ... on Telemetry {\n        plantId\n        soc\n        plant {\n          id\n          plantId\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').OneNodeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Nodes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      id\n      ... on Telemetry {\n        timestamp\n        soc\n      }\n    }\n  }\n"): typeof import('./graphql.ts').NodesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Metered($from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: 7, from: $from, to: $to, period: $period) {\n      day\n      energy {\n        pv\n      }\n      metered {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n        generator\n      }\n    }\n  }\n"): typeof import('./graphql.ts').MeteredDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteCounted($from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: 7, from: $from, to: $to)\n  }\n"): typeof import('./graphql.ts').DeleteCountedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query EnergyOfYear($plantId: Int!) {\n    energy(plantId: $plantId, from: \"2026-01-01\", to: \"2026-12-31\", period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EnergyOfYearDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query EnergyOfFile($plantId: Int!, $from: Date!, $to: Date!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: YEAR) {\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EnergyOfFileDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SourcesOfPlant {\n    plant(plantId: 7) {\n      sources {\n        name\n        kind\n        status\n        lastReadingAt\n        lastError\n        readings24h\n        duplicates24h\n        doubtful24h\n        expectedInterval\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SourcesOfPlantDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StalePlants {\n    plants {\n      plantId\n      isStale\n    }\n  }\n"): typeof import('./graphql.ts').StalePlantsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StaleFleet {\n    fleet(timeZone: \"UTC\") {\n      latest {\n        pvPower\n        missing {\n          plantId\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StaleFleetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Directions($plantId: Int!, $from: Date!, $to: Date!) {\n    latestEnergy(plantId: $plantId) {\n      batteryCharge\n      batteryDischarge\n      gridExport\n      gridImport\n      pvPower\n    }\n    energy(plantId: $plantId, from: $from, to: $to, timeZone: \"UTC\") {\n      energy {\n        batteryCharge\n        batteryDischarge\n        gridExport\n        gridImport\n        pv\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DirectionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordNumbered($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n"): typeof import('./graphql.ts').RecordNumberedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription FollowNewest($plantId: Int!) {\n    latestEnergy(plantId: $plantId) {\n      timestamp\n    }\n  }\n"): typeof import('./graphql.ts').FollowNewestDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Stats {\n    systemStats {\n      totalEnergySnapshots\n      energySnapshots24h\n      totalConversations\n      conversationsToday\n      agentEvents24h\n      plants\n      liveSubscriptions\n      databaseSizeBytes\n      latestEnergy {\n        plant {\n          plantId\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StatsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Plants {\n    plants {\n      plantId\n      name\n      timeZone\n      isStale\n      isSimulated\n      latest {\n        soc\n        batteryCharge\n        batteryDischarge\n        gridImport\n        gridExport\n        ageSeconds\n      }\n    }\n    latestEnergy {\n      soc\n    }\n    silent: latestEnergy(plantId: 4) {\n      soc\n    }\n    unknown: plant(plantId: 99) {\n      plantId\n    }\n  }\n"): typeof import('./graphql.ts').PlantsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Upsert($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n      name\n      timeZone\n      isStale\n    }\n  }\n"): typeof import('./graphql.ts').UpsertDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation NameOnly($id: Int!, $name: String) {\n    upsertPlant(plantId: $id, name: $name) {\n      name\n      timeZone\n    }\n  }\n"): typeof import('./graphql.ts').NameOnlyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n      query Pages {\n        telemetry(first: 1000) {\n          nodes {\n            plant {\n              telemetry(first: 1000) {\n                nodes {\n                  plant {\n                    telemetry(first: 1000) {\n                      nodes {\n                        soc\n                      }\n                    }\n                  }\n                }\n              }\n            }\n          }\n        }\n      }\n    "): typeof import('./graphql.ts').PagesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n      query Dashboard {\n        plants {\n          plantId\n          telemetry(first: 100) {\n            nodes {\n              timestamp\n              soc\n              pvPower\n              loadPower\n              batteryPower\n              gridPower\n            }\n          }\n        }\n      }\n    "): typeof import('./graphql.ts').DashboardDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Costs($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      day\n      currency\n      importCost\n      exportRevenue\n      dailyCharge\n      total\n      savings\n      coverage\n      savingsCoverage\n    }\n  }\n"): typeof import('./graphql.ts').CostsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetTariff(\n    $plantId: Int!\n    $validFrom: Date!\n    $currency: String!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: $currency\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n"): typeof import('./graphql.ts').SetTariffDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Tariffs($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      currency\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n        addPrices\n      }\n      export {\n        rate\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TariffsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteTariff($validFrom: Date!) {\n    deleteTariff(plantId: 8, validFrom: $validFrom)\n  }\n"): typeof import('./graphql.ts').DeleteTariffDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordPrices($plantId: Int!, $currency: String!, $prices: [PriceInput!]!) {\n    recordPrices(plantId: $plantId, currency: $currency, prices: $prices)\n  }\n"): typeof import('./graphql.ts').RecordPricesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Prices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    prices(plantId: $plantId, from: $from, to: $to) {\n      from\n      to\n      currency\n      import\n      export\n    }\n  }\n"): typeof import('./graphql.ts').PricesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeletePrices($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deletePrices(plantId: $plantId, from: $from, to: $to)\n  }\n"): typeof import('./graphql.ts').DeletePricesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExactCosts($from: Date!, $to: Date!) {\n    days: costs(plantId: 7, from: $from, to: $to, period: DAY) {\n      ...Amounts\n    }\n    year: costs(plantId: 7, from: $from, to: $to, period: YEAR) {\n      ...Amounts\n    }\n    energyOfDays: energy(plantId: 7, from: $from, to: $to, period: DAY) {\n      energy {\n        gridImport\n        gridExport\n      }\n    }\n  }\n  fragment Amounts on CostPeriod {\n    start\n    end\n    importCost\n    exportRevenue\n    dailyCharge\n    savings\n    coverage\n    savingsCoverage\n  }\n"): typeof import('./graphql.ts').ExactCostsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetExactTariff(\n    $validFrom: Date!\n    $dailyCharge: Decimal!\n    $import: TariffRatesInput!\n    $export: TariffRatesInput!\n  ) {\n    setTariff(\n      plantId: 7\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: $dailyCharge\n      import: $import\n      export: $export\n    ) {\n      currency\n    }\n  }\n"): typeof import('./graphql.ts').SetExactTariffDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordExactPrices($prices: [PriceInput!]!) {\n    recordPrices(plantId: 7, currency: \"EUR\", prices: $prices)\n  }\n"): typeof import('./graphql.ts').RecordExactPricesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordWithIssues($readings: [TelemetryInput!]!) {\n    recordTelemetry(readings: $readings) {\n      inserted\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RecordWithIssuesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation KnowRatedPower($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      ratedPower\n    }\n  }\n"): typeof import('./graphql.ts').KnowRatedPowerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DoubtfulSeen {\n    health {\n      status\n      checks {\n        name\n        detail\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DoubtfulSeenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FleetDay($plantIds: [Int!], $from: DateTime!, $to: DateTime!, $day: Date!, $timeZone: TimeZone) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      plants {\n        plantId\n      }\n      history(from: $from, to: $to, bucket: \"PT1H\") {\n        bucket\n        timeZone\n        points {\n          start\n          pvPower\n          loadPower\n          coverage\n          energy {\n            pv\n            load\n            gridImport\n            missing {\n              plantId\n              fields\n            }\n          }\n          missing {\n            plantId\n            fields\n          }\n        }\n      }\n      energy(from: $day, to: $day) {\n        day\n        energy {\n          pv\n          load\n          gridImport\n          missing {\n            plantId\n            fields\n          }\n        }\n        selfSufficiency\n        coverage\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FleetDayDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FleetCosts($plantIds: [Int!], $day: Date!) {\n    fleet(plantIds: $plantIds, timeZone: \"UTC\") {\n      costs(from: $day, to: $day) {\n        ...Figures\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n    one: costs(plantId: 1, from: $day, to: $day) {\n      ...Figures\n    }\n  }\n  fragment Figures on CostFigures {\n    day\n    currency\n    importCost\n    exportRevenue\n    dailyCharge\n    total\n    savings\n    coverage\n  }\n"): typeof import('./graphql.ts').FleetCostsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FleetNow($plantIds: [Int!]) {\n    fleet(plantIds: $plantIds) {\n      plants {\n        plantId\n      }\n      latest {\n        timestamp\n        pvPower\n        gridPower\n        missing {\n          plantId\n          fields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FleetNowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetPlain($plantId: Int!, $currency: String!, $rate: Decimal!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: \"2026-01-01\"\n      currency: $currency\n      dailyCharge: \"0.004\"\n      import: { rate: $rate }\n      export: { rate: \"0\" }\n    ) {\n      currency\n    }\n  }\n"): typeof import('./graphql.ts').SetPlainDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Seen($plantId: Int!, $from: Date!, $to: Date!, $since: DateTime!, $until: DateTime!) {\n    energy(plantId: $plantId, from: $from, to: $to) {\n      day\n      start\n      end\n      coverage\n      energy {\n        ...Everything\n      }\n    }\n    days: history(plantId: $plantId, from: $since, to: $until, bucket: \"P1D\") {\n      points {\n        start\n        ...Means\n      }\n    }\n    quarters: history(plantId: $plantId, from: $since, to: $until, bucket: \"PT15M\") {\n      points {\n        start\n        coverage\n        energy {\n          ...Everything\n        }\n        ...Means\n      }\n    }\n  }\n  fragment Everything on Energy {\n    pv\n    load\n    gridImport\n    gridExport\n    batteryCharge\n    batteryDischarge\n    generator\n  }\n  fragment Means on HistoryPoint {\n    pvPower {\n      avg\n    }\n    loadPower {\n      avg\n    }\n    gridPower {\n      avg\n    }\n    batteryPower {\n      avg\n    }\n    generatorPower {\n      avg\n    }\n  }\n"): typeof import('./graphql.ts').SeenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Energy($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {\n      start\n      end\n      day\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfConsumption\n      selfSufficiency\n      peakPvPower\n      peakLoadPower\n      minSoc\n      maxSoc\n      coverage\n    }\n  }\n"): typeof import('./graphql.ts').EnergyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LoadOnly($from: Date!, $to: Date!) {\n    energy(plantId: 7, from: $from, to: $to) {\n      selfSufficiency\n      ...Loads\n    }\n  }\n  fragment Loads on EnergyPeriod {\n    totals: energy {\n      load\n    }\n  }\n"): typeof import('./graphql.ts').LoadOnlyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetLimit($id: Int!, $maxGap: Duration) {\n    upsertPlant(plantId: $id, maxGap: $maxGap) {\n      maxGap\n    }\n  }\n"): typeof import('./graphql.ts').SetLimitDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RatePlant($id: Int!, $ratedPower: Float) {\n    upsertPlant(plantId: $id, ratedPower: $ratedPower) {\n      name\n      ratedPower\n      maxGap\n    }\n  }\n"): typeof import('./graphql.ts').RatePlantDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DayOfEnergy($plantId: Int!, $day: Date!) {\n    energy(plantId: $plantId, from: $day, to: $day) {\n      energy {\n        pv\n        load\n      }\n      coverage\n    }\n  }\n"): typeof import('./graphql.ts').DayOfEnergyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query History(\n    $plantId: Int!\n    $from: DateTime!\n    $to: DateTime!\n    $bucket: Duration\n    $maxPoints: Int\n    $timeZone: TimeZone\n    $fill: Fill\n  ) {\n    history(\n      plantId: $plantId\n      from: $from\n      to: $to\n      bucket: $bucket\n      maxPoints: $maxPoints\n      timeZone: $timeZone\n      fill: $fill\n    ) {\n      plant {\n        plantId\n        name\n      }\n      bucket\n      timeZone\n      points {\n        start\n        end\n        samples\n        coverage\n        soc {\n          ...Values\n        }\n        pvPower {\n          ...Values\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n      }\n    }\n  }\n  fragment Values on Range {\n    avg\n    min\n    max\n    coverage\n  }\n"): typeof import('./graphql.ts').HistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Chart($from: DateTime!, $to: DateTime!) {\n    history(plantId: 7, from: $from, to: $to, bucket: \"PT1H\") {\n      points {\n        start\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ChartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MeanDay($from: Date!, $to: Date!) {\n    excess(plantId: 7, from: $from, to: $to, period: DAY) {\n      day\n      excess\n      coverage\n    }\n    whole: excess(plantId: 7, from: $from, to: $to, period: YEAR) {\n      excess\n    }\n    meanDay(plantId: 7, from: $from, to: $to) {\n      hour\n      pvPower\n      soc\n      excess\n      coverage\n    }\n    byHour: meanDay(plantId: 7, from: $from, to: $to) {\n      pvPower\n    }\n  }\n"): typeof import('./graphql.ts').MeanDayDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ChartOf($plantId: Int!, $to: DateTime!, $bucket: Duration!) {\n    history(plantId: $plantId, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: $bucket) {\n      points {\n        samples\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ChartOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ChartOfMuch($to: DateTime!) {\n    history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      points {\n        soc {\n          avg\n        }\n        batteryPower {\n          avg\n        }\n        batteryVoltage {\n          avg\n        }\n        batteryCurrent {\n          avg\n        }\n        pvPower {\n          avg\n        }\n        pvVoltage {\n          avg\n        }\n        pvCurrent {\n          avg\n        }\n        loadPower {\n          avg\n        }\n        gridPower {\n          avg\n        }\n        generatorPower {\n          avg\n        }\n        batteryTemperature {\n          avg\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ChartOfMuchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TwoCharts($to: DateTime!) {\n    one: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n    other: history(plantId: 1, from: \"2026-03-01T00:00:00.000Z\", to: $to, bucket: \"PT10M\") {\n      bucket\n      points {\n        samples\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TwoChartsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LargeValues {\n    telemetry {\n      nodes {\n        pvPower\n        batteryPower\n        batteryCharge\n        gridPower\n        gridImport\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T00:10:00Z\", bucket: \"PT10M\") {\n      points {\n        pvPower {\n          max\n        }\n        batteryPower {\n          max\n        }\n        gridPower {\n          max\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LargeValuesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BelowZero {\n    plant(plantId: 1) {\n      latest {\n        pvPower\n        loadPower\n      }\n    }\n    latestEnergy(plantId: 1) {\n      pvPower\n      generatorPower\n    }\n    telemetry {\n      nodes {\n        pvPower\n        loadPower\n        gridPower\n        pvToGrid\n        gridToLoad\n      }\n    }\n    history(plantId: 1, from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T01:00:00Z\", bucket: \"PT1H\") {\n      points {\n        pvPower {\n          avg\n          min\n          max\n        }\n        loadPower {\n          avg\n          min\n          max\n        }\n        gridPower {\n          min\n        }\n        pvToGrid {\n          avg\n          max\n        }\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n        }\n      }\n    }\n    energy(plantId: 1, from: \"2026-06-01\", to: \"2026-06-01\") {\n      peakPvPower\n      peakLoadPower\n      selfConsumption\n      energy {\n        pv\n        load\n        generator\n      }\n    }\n  }\n"): typeof import('./graphql.ts').BelowZeroDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WrittenPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WrittenPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ResolvedPage {\n    telemetry(plantId: 1) {\n      edges {\n        node {\n          id\n          timestamp\n          createdAt\n          gridPower\n          gridExport\n          pvPower\n          batteryToLoad\n          plant {\n            name\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ResolvedPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Page(\n    $plantId: Int\n    $from: DateTime\n    $to: DateTime\n    $first: Int\n    $after: String\n    $last: Int\n    $before: String\n  ) {\n    telemetry(\n      plantId: $plantId\n      from: $from\n      to: $to\n      first: $first\n      after: $after\n      last: $last\n      before: $before\n    ) {\n      edges {\n        cursor\n        node {\n          soc\n        }\n      }\n      nodes {\n        soc\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PlantPage($id: Int!, $last: Int) {\n    plant(plantId: $id) {\n      telemetry(last: $last) {\n        nodes {\n          soc\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PlantPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PlantsByPage($first: Int, $after: Int) {\n    plants(first: $first, after: $after) {\n      name\n      latest {\n        soc\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PlantsByPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Record($readings: [TelemetryInput!]!, $onDuplicate: OnDuplicate! = KEEP) {\n    recordTelemetry(readings: $readings, onDuplicate: $onDuplicate) {\n      received\n      inserted\n      duplicates\n      conflicts\n    }\n  }\n"): typeof import('./graphql.ts').RecordDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecordDoubtful($readings: [TelemetryInput!]!, $onInvalid: OnInvalid! = REFUSE) {\n    recordTelemetry(readings: $readings, onInvalid: $onInvalid) {\n      received\n      inserted\n      duplicates\n      refused\n      issueCount\n      issues {\n        index\n        field\n        expected\n        got\n        action\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RecordDoubtfulDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Stored {\n    telemetry(first: 1000) {\n      nodes {\n        plant {\n          plantId\n        }\n        timestamp\n        soc\n        batteryPower\n        pvToLoad\n      }\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n        soc\n      }\n    }\n    systemStats {\n      totalEnergySnapshots\n    }\n  }\n"): typeof import('./graphql.ts').StoredDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Delete($plantId: Int!, $from: DateTime!, $to: DateTime!) {\n    deleteTelemetry(plantId: $plantId, from: $from, to: $to)\n  }\n"): typeof import('./graphql.ts').DeleteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query NewestOfEach {\n    systemStats {\n      totalEnergySnapshots\n    }\n    plants {\n      plantId\n      latest {\n        timestamp\n      }\n    }\n  }\n"): typeof import('./graphql.ts').NewestOfEachDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation NamePlantOfPage($id: Int!, $name: String, $timeZone: TimeZone) {\n    upsertPlant(plantId: $id, name: $name, timeZone: $timeZone) {\n      plantId\n    }\n  }\n"): typeof import('./graphql.ts').NamePlantOfPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query EnergyOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    energy(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      energy {\n        pv\n        load\n        gridImport\n        gridExport\n        batteryCharge\n        batteryDischarge\n      }\n      selfSufficiency\n      selfConsumption\n      coverage\n    }\n  }\n"): typeof import('./graphql.ts').EnergyOfPeriodsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CourseOfDay($plantId: Int!, $from: DateTime!, $to: DateTime!, $maxPoints: Int!) {\n    history(plantId: $plantId, from: $from, to: $to, maxPoints: $maxPoints) {\n      points {\n        start\n        pvPower {\n          avg\n        }\n        soc {\n          avg\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CourseOfDayDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CostsOfPeriods($plantId: Int!, $from: Date!, $to: Date!, $period: Period!) {\n    costs(plantId: $plantId, from: $from, to: $to, period: $period) {\n      start\n      savings\n      importCost\n      dailyCharge\n      exportRevenue\n      total\n      coverage\n    }\n  }\n"): typeof import('./graphql.ts').CostsOfPeriodsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetTariffOfPage($plantId: Int!, $validFrom: Date!, $import: TariffRatesInput!, $export: TariffRatesInput!) {\n    setTariff(\n      plantId: $plantId\n      validFrom: $validFrom\n      currency: \"EUR\"\n      dailyCharge: \"0.4125\"\n      import: $import\n      export: $export\n    ) {\n      validFrom\n    }\n  }\n"): typeof import('./graphql.ts').SetTariffOfPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SumsOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: Date!, $to: Date!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      energy(from: $from, to: $to, period: MONTH) {\n        energy {\n          pv\n          load\n          gridImport\n          gridExport\n          batteryCharge\n          batteryDischarge\n        }\n        selfSufficiency\n        selfConsumption\n      }\n      costs(from: $from, to: $to, period: MONTH) {\n        savings\n        importCost\n        dailyCharge\n        exportRevenue\n        total\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SumsOfFleetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CourseOfFleet($plantIds: [Int!]!, $timeZone: TimeZone!, $from: DateTime!, $to: DateTime!) {\n    fleet(plantIds: $plantIds, timeZone: $timeZone) {\n      history(from: $from, to: $to, maxPoints: 48) {\n        points {\n          start\n          pvPower\n          gridPower\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CourseOfFleetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TariffsOfPage($plantId: Int!) {\n    tariffs(plantId: $plantId) {\n      validFrom\n      dailyCharge\n      import {\n        rate\n        windows {\n          rate\n          months\n          weekdays\n          from\n          to\n        }\n      }\n      export {\n        rate\n        windows {\n          rate\n          from\n          to\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TariffsOfPageDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
