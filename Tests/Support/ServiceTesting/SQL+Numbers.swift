package import MySQL

extension SQL {
    /// A table `numbers` with the column `number`: 0 and on, fewer than `count`, which is 100,000 at most. Both servers have
    /// limits of their own for recursive ones.
    package static func numbers(below count: Int) -> SQL {
        let digits: SQL =
            """
            (SELECT 0 AS digit UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4
            UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)
            """
        return """
            (SELECT a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit AS number
            FROM \(digits) AS a CROSS JOIN \(digits) AS b CROSS JOIN \(digits) AS c CROSS JOIN \(digits) AS d
            CROSS JOIN \(digits) AS e HAVING number < \(count) ORDER BY number) AS numbers
            """
    }
}
