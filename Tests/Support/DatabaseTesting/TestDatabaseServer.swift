private import Concurrency
private import FreePorts
private import Glibc
package import MySQL
private import WatchedProcesses

/// A MariaDB server in a folder and on a port of its own, for tests that need an outage.
///
/// It ends, and its folder goes, with the last reference to it or with the process, even when that is killed.
package final class DedicatedTestServer: Sendable {
    /// Its address and a user who may do everything, without a schema.
    package let configuration: DatabaseConfiguration
    private let folder: TestDatabaseFolder
    private let process: Lock<WatchedProcess?>

    /// The first start includes making the system tables: half a second on a quiet machine.
    private static let startPatienceMilliseconds = 60_000
    private static let portAttemptsMax = 5
    /// 10 s: each thread stops when it is next run.
    private static let pausePatienceMilliseconds = 10_000

    /// Starts it and waits until it answers.
    ///
    /// - Parameter options: more options for the server, such as `--max-connections=3`.
    /// - Throws: `TestDatabaseError` that tells what is missing, or the end of the server's log.
    package init(options: [String] = []) throws {
        let folder = try TestDatabaseFolder(options: options)
        self.folder = folder
        var attempt = 1
        while true {
            let configuration = DatabaseConfiguration(
                host: "127.0.0.1", port: try freePort(), username: TestDatabaseFolder.username,
                password: TestDatabaseFolder.password, database: "")
            let started = try WatchedProcess(folder.command(port: configuration.port))
            do {
                try DedicatedTestServer.waitUntilReady(started, folder, configuration)
                self.configuration = configuration
                process = Lock(started)
                return
            } catch {
                started.end(.kill)
                // Another process took the port in between.
                guard folder.log.contains("Address already in use"), attempt < DedicatedTestServer.portAttemptsMax
                else {
                    folder.remove()
                    throw error
                }
                attempt += 1
            }
        }
    }

    deinit { process.withLock { $0 }?.end(.killAndRemove) }

    /// Its Unix socket.
    package var socketPath: String { folder.path + "/socket" }

    package func makeSchema() throws -> TestSchema { try TestSchema(on: configuration) }

    /// Shuts it down in order, keeping its data, and waits for its end.
    package func stop() { end(.stop) }

    /// Kills it, keeping its data, and waits for its end.
    package func kill9() { end(.kill) }

    /// Starts it again with its data and on the same port, and waits until it answers.
    package func start() throws {
        let started = try WatchedProcess(folder.command(port: configuration.port))
        process.withLock { $0 = started }
        try DedicatedTestServer.waitUntilReady(started, folder, configuration)
    }

    package func restart() throws {
        stop()
        try start()
    }

    /// Lets it do nothing, until `resume`: it keeps its connections, and its port takes new ones.
    package func pause() throws {
        try signal(SIGSTOP)
        // On a busy machine a thread goes on for a while after `kill` has returned.
        let deadline = Deadline.after(milliseconds: DedicatedTestServer.pausePatienceMilliseconds)
        while !folder.serverIsPaused {
            guard !deadline.hasPassed else { throw TestDatabaseError("The test database does not stop.") }
            Thread.sleep(milliseconds: 1)
        }
    }

    package func resume() throws { try signal(SIGCONT) }

    private func signal(_ number: Int32) throws {
        guard let process = folder.serverProcess, kill(process, number) == 0 else {
            throw TestDatabaseError("The test database's process is not to be found.")
        }
    }

    private func end(_ way: WatchedProcess.End) {
        let running = process.withLock { process in
            defer { process = nil }
            return process
        }
        running?.end(way)
    }

    private static func waitUntilReady(
        _ process: WatchedProcess, _ folder: TestDatabaseFolder, _ configuration: DatabaseConfiguration
    ) throws {
        let database = Database(configuration)
        defer { database.close() }
        let deadline = Deadline.after(milliseconds: startPatienceMilliseconds)
        while !deadline.hasPassed {
            do throws(DatabaseError) {
                try database.ping(by: deadline)
                return
            } catch {
                guard process.isRunning, !folder.log.contains("Aborting") else { break }
                Thread.sleep(milliseconds: 20)
            }
        }
        throw TestDatabaseError("The test database does not start. Its log ends with:\n\(folder.log.suffix(2000))")
    }
}
