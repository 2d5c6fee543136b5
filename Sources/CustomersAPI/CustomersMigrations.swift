import Idempotency
import MySQL

/// The schema of the Customers API, step by step. A step that was released is never changed, only followed by another.
enum CustomersMigrations {
    static let all = [
        IdempotencyStore.migration,
        Migration(name: "m0002_create_customers", sql: PackageResources.m0002_create_customers_sql),
        Migration(name: "m0003_add_customer_version", sql: PackageResources.m0003_add_customer_version_sql),
        Migration(name: "m0004_create_customer_words", sql: PackageResources.m0004_create_customer_words_sql),
        Migration(name: "m0005_add_has_words_to_customers", sql: PackageResources.m0005_add_has_words_to_customers_sql),
        Migration(
            name: "m0006_index_has_words_of_customers", sql: PackageResources.m0006_index_has_words_of_customers_sql),
        Migration(name: "m0007_create_credentials", sql: PackageResources.m0007_create_credentials_sql),
        Migration(name: "m0008_create_registrations", sql: PackageResources.m0008_create_registrations_sql),
        Migration(name: "m0009_create_sessions", sql: PackageResources.m0009_create_sessions_sql),
        Migration(name: "m0010_create_known_addresses", sql: PackageResources.m0010_create_known_addresses_sql),
        Migration(name: "m0011_create_guesses", sql: PackageResources.m0011_create_guesses_sql),
        Migration(
            name: "m0012_add_erased_at_to_customers", sql: PackageResources.m0012_add_erased_at_to_customers_sql),
    ]
}
