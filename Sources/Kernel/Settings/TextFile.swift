private import Glibc

/// Why a file of text could not be read.
package enum TextFileError: Error, Equatable {
    case absent
    /// What the system said.
    case unreadable(String)
    case tooLarge(bytesMax: Int)
    case notText

    /// The end of a sentence that begins with the file's name.
    package var reason: String {
        switch self {
        case .absent: "is not there"
        case .unreadable(let cause): "cannot be read: \(cause)"
        case .tooLarge(let bytesMax): "is larger than \(bytesMax) bytes"
        case .notText: "is not UTF-8 text"
        }
    }
}

/// The text of a file of at most 64 KiB, far more than any secret or `.env` needs.
///
/// - Throws: as with a limit of one's own.
package func textOfFile(_ path: String) throws(TextFileError) -> String {
    try textOfFile(path, bytesMax: 64 * 1024)
}

/// The text of a file of at most `bytesMax` bytes.
///
/// - Throws: `absent` also where the folder cannot be searched, so that nobody can say whether the file is there.
package func textOfFile(_ path: String, bytesMax: Int) throws(TextFileError) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw .absent }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(lastSystemError()) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count == 0 {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
            return text
        }
        if count < 0 {
            if errno == EINTR { continue }
            throw .unreadable(lastSystemError())
        }
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > bytesMax { throw .tooLarge(bytesMax: bytesMax) }
    }
}

/// Whether there is a file at the path that this process may read. Nothing of it is read.
package func isReadableFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, R_OK) == 0
}

private func lastSystemError() -> String { String(cString: strerror(errno)) }
