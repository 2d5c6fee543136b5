import CustomerErasures
import Idempotency
import MySQL

/// The schema of the Orders API, step by step. A step that was released is never changed, only followed by another.
enum OrdersMigrations {
    static let all = [
        IdempotencyStore.migration,
        Migration(name: "m0002_create_products", sql: PackageResources.m0002_create_products_sql),
        Migration(name: "m0003_create_orders", sql: PackageResources.m0003_create_orders_sql),
        Migration(name: "m0004_create_order_items", sql: PackageResources.m0004_create_order_items_sql),
        Migration(name: "m0005_create_stock_adjustments", sql: PackageResources.m0005_create_stock_adjustments_sql),
        Migration(name: "m0006_begin_stock_adjustments", sql: PackageResources.m0006_begin_stock_adjustments_sql),
        Migration(name: "m0007_add_product_version", sql: PackageResources.m0007_add_product_version_sql),
        Migration(
            name: "m0008_index_customer_and_status_of_orders",
            sql: PackageResources.m0008_index_customer_and_status_of_orders_sql),
        Migration(name: "m0009_create_product_words", sql: PackageResources.m0009_create_product_words_sql),
        Migration(name: "m0010_add_has_words_to_products", sql: PackageResources.m0010_add_has_words_to_products_sql),
        Migration(
            name: "m0011_index_has_words_of_products", sql: PackageResources.m0011_index_has_words_of_products_sql),
        Migration(name: "m0012_add_version_to_orders", sql: PackageResources.m0012_add_version_to_orders_sql),
        Migration(name: "m0013_create_order_events", sql: PackageResources.m0013_create_order_events_sql),
        Migration(name: "m0014_create_event_outbox", sql: PackageResources.m0014_create_event_outbox_sql),
        Migration(name: "m0015_create_event_log", sql: PackageResources.m0015_create_event_log_sql),
        Migration(name: "m0016_create_event_sequence", sql: PackageResources.m0016_create_event_sequence_sql),
        Migration(name: "m0017_begin_event_sequence", sql: PackageResources.m0017_begin_event_sequence_sql),
        Migration(name: "m0018_create_event_consumers", sql: PackageResources.m0018_create_event_consumers_sql),
        Migration(name: "m0019_create_event_rebases", sql: PackageResources.m0019_create_event_rebases_sql),
        Migration(name: "m0020_add_flow_to_orders", sql: PackageResources.m0020_add_flow_to_orders_sql),
        Migration(name: "m0021_create_order_sagas", sql: PackageResources.m0021_create_order_sagas_sql),
        Migration(
            name: "m0022_add_asks_gateway_to_order_sagas",
            sql: PackageResources.m0022_add_asks_gateway_to_order_sagas_sql),
        Migration(name: "m0023_add_origin_to_orders", sql: PackageResources.m0023_add_origin_to_orders_sql),
        Migration(name: "m0024_index_origin_of_orders", sql: PackageResources.m0024_index_origin_of_orders_sql),
        Migration(name: "m0025_index_stock_of_products", sql: PackageResources.m0025_index_stock_of_products_sql),
        ErasureStore.migration,
    ]
}
