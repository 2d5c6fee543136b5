import MySQL

/// The schema of the simulator, step by step. A step that was released is never changed, only followed by another.
enum SimulatorMigrations {
    static let all = [
        Migration(name: "m0001_create_gateway_intents", sql: PackageResources.m0001_create_gateway_intents_sql),
        Migration(name: "m0002_create_gateway_ledger", sql: PackageResources.m0002_create_gateway_ledger_sql),
        Migration(name: "m0003_create_gateway_keys", sql: PackageResources.m0003_create_gateway_keys_sql),
        Migration(name: "m0004_create_gateway_faults", sql: PackageResources.m0004_create_gateway_faults_sql),
    ]
}
