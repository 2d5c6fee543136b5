import CustomerErasures
import Idempotency
import MySQL

/// The schema of the Notifier, step by step. A step that was released is never changed, only followed by another.
enum NotifierMigrations {
    static let all = [
        IdempotencyStore.migration,
        Migration(name: "m0002_create_feed_cursor", sql: PackageResources.m0002_create_feed_cursor_sql),
        Migration(name: "m0003_begin_feed_cursor", sql: PackageResources.m0003_begin_feed_cursor_sql),
        Migration(name: "m0004_create_inbox", sql: PackageResources.m0004_create_inbox_sql),
        Migration(name: "m0005_create_endpoints", sql: PackageResources.m0005_create_endpoints_sql),
        Migration(name: "m0006_create_lanes", sql: PackageResources.m0006_create_lanes_sql),
        Migration(name: "m0007_create_deliveries", sql: PackageResources.m0007_create_deliveries_sql),
        Migration(name: "m0008_create_attempts", sql: PackageResources.m0008_create_attempts_sql),
        Migration(name: "m0009_create_replays", sql: PackageResources.m0009_create_replays_sql),
        Migration(
            name: "m0010_add_language_to_endpoints", sql: PackageResources.m0010_add_language_to_endpoints_sql),
        ErasureStore.migration,
    ]
}
