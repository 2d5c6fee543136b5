package import MySQL

extension SQLQuerying where Self: ~Copyable {
    /// How many rows and index entries the server has read for this connection, its own answers to this question apart.
    package borrowing func rowsRead(during work: (borrowing Self) throws(Failure) -> Void) throws(Failure) -> Int64 {
        let first = try handlerReads()
        let asking = try handlerReads() - first
        let before = try handlerReads()
        try work(self)
        return try handlerReads() - before - asking
    }

    private borrowing func handlerReads() throws(Failure) -> Int64 {
        try query("SHOW SESSION STATUS LIKE 'Handler_read%'") { (row) throws(DatabaseError) in
            Int64(try row.string(1)) ?? 0
        }.reduce(0, +)
    }
}
