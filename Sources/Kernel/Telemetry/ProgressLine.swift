private import Glibc
private import Synchronization

/// Whether the terminal shows a line of `Progress`, which log lines have to make way for first; shared by a logger and all that were made
/// of it.
final class ProgressLine: Sendable {
    /// To the beginning of the line, and erase it (ECMA-48: EL).
    static let erasure = Array("\r\u{1b}[K".utf8)

    private let shown = Atomic(false)

    var isShown: Bool {
        get { shown.load(ordering: .relaxed) }
        set { shown.store(newValue, ordering: .relaxed) }
    }
}

/// A terminal that shows how far work is.
package struct ProgressScreen: Sendable {
    /// 80: where the terminal does not tell how wide it is.
    private static let columnsDefault = 80

    private let descriptor: Int32

    /// Standard error; nil where that is no terminal that can rewrite a line.
    ///
    /// - Parameter terminalType: `TERM`.
    package static func standardError(terminalType: String?) -> ProgressScreen? {
        isTerminal(STDERR_FILENO, terminalType) ? ProgressScreen(descriptor: STDERR_FILENO) : nil
    }

    /// Whether a descriptor leads to a terminal that understands more than plain text.
    ///
    /// - Parameter type: `TERM`; without one, nobody knows what the terminal understands.
    package static func isTerminal(_ descriptor: Int32, _ type: String?) -> Bool {
        isatty(descriptor) == 1 && type != nil && type != "dumb"
    }

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Shows `text` in place of what was shown before, cut to the terminal's width. A terminal that is stopped shows nothing.
    func show(_ text: String) {
        let shown = TerminalText.escaped(text).unicodeScalars.prefix(columns - 1)
        write(ProgressLine.erasure + Array(String(String.UnicodeScalarView(shown)).utf8))
    }

    func erase() { write(ProgressLine.erasure) }

    private var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else {
            return ProgressScreen.columnsDefault
        }
        return Int(size.ws_col)
    }

    private func write(_ bytes: [UInt8]) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&polled, 1, 0) == 1 else { return }
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
