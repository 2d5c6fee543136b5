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
    ]
}
