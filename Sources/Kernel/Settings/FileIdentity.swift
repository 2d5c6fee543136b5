private import Glibc

/// What tells a file from the one that stood at its path before, or from what it was itself: enough to know that it need not be read
/// again.
package struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let number: UInt64
    private let byteCount: Int64
    private let modified: [Int]

    /// Of the file that the path leads to, by symbolic links too; nil where there is none.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        byteCount = Int64(status.st_size)
        // The second pair also tells of a change of who may read it.
        modified = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
