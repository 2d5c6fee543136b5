import MySQL
import WordSearch

extension ProductStore {
    /// Products that are looked at first, where only some of them are wanted: the newest mostly fill the page.
    private static let candidatesMax = 500

    /// Up to `limit` products with an id below `beforeID`, by descending id.
    ///
    /// - Throws: `.searchTooBroad`, `.searchNotReady`.
    func list(
        _ filter: ProductFilter, beforeID: Int64?, limit: Int, in session: borrowing ReadSession<ProductError>
    ) throws(ProductError) -> [Product] {
        if let search = filter.search {
            return try index.page(
                of: search, beforeID: beforeID, limit: limit, columns: ProductStore.columns,
                where: ProductStore.condition(filter), in: session, Product.init)
        }
        if let stockMax = filter.stockMax {
            return try list(ofAtMost: stockMax, filter.isActive, beforeID: beforeID, limit: limit, in: session)
        }
        var sql: SQL = "SELECT \(literal: ProductStore.columns) FROM "
        sql.append(ProductStore.newest(filter.isActive, beforeID: beforeID))
        sql.append(" LIMIT \(limit)")
        return try session.query(sql, Product.init)
    }

    /// What holds of a product besides the words by which it is looked for; nil for nothing.
    private static func condition(_ filter: ProductFilter) -> SQL? {
        switch (filter.isActive, filter.stockMax) {
        case (nil, nil): nil
        case (let isActive?, nil): "is_active = \(isActive)"
        case (nil, let stockMax?): "stock <= \(stockMax)"
        case (let isActive?, let stockMax?): "is_active = \(isActive) AND stock <= \(stockMax)"
        }
    }

    /// The products of which at most `stockMax` pieces are on hand. Where they are many, they are among the newest; where they are few,
    /// the index on the stock has all of them, by stock and not by id.
    private func list(
        ofAtMost stockMax: Int64, _ isActive: Bool?, beforeID: Int64?, limit: Int,
        in session: borrowing ReadSession<ProductError>
    ) throws(ProductError) -> [Product] {
        var sql: SQL = "SELECT \(literal: ProductStore.columns) FROM (SELECT id AS found_id FROM "
        sql.append(ProductStore.newest(isActive, beforeID: beforeID))
        sql.append(
            """
             LIMIT \(ProductStore.candidatesMax)) AS found STRAIGHT_JOIN products ON id = found_id
            WHERE stock <= \(stockMax) ORDER BY found_id DESC LIMIT \(limit)
            """)
        let page = try session.query(sql, Product.init)
        if page.count == limit { return page }
        return try session.query(
            """
            SELECT \(literal: ProductStore.columns) FROM (
                SELECT id AS found_id FROM products FORCE INDEX (ix_products_stock)
                WHERE is_active IN \(list: isActive.map { [$0] } ?? [false, true]) AND stock <= \(stockMax)
                    AND id < \(beforeID ?? .max) ORDER BY id DESC LIMIT \(limit)
            ) AS found STRAIGHT_JOIN products ON id = found_id ORDER BY found_id DESC
            """, Product.init)
    }

    /// Products from `beforeID` on down.
    private static func newest(_ isActive: Bool?, beforeID: Int64?) -> SQL {
        var sql: SQL = "products"
        // MariaDB would read this index from its newest entry down to the cursor; forced, it starts at the cursor.
        if isActive != nil { sql.append(" FORCE INDEX (ix_products_is_active)") }
        sql.append(" WHERE id < \(beforeID ?? Int64.max)")
        if let isActive { sql.append(" AND is_active = \(isActive)") }
        sql.append(" ORDER BY id DESC")
        return sql
    }
}
