private import Glibc

/// What the operating system knows of this process, read when somebody collects.
package enum ProcessMetrics {
    /// Registers it, under the names that Prometheus' own client libraries use.
    package static func register(in metrics: Metrics) {
        metrics.secondsCounter("process_cpu_seconds_total", "Processor time used.") { cpuSeconds() }
        metrics.gauges("process_resident_memory_bytes", "Memory that is in RAM.") {
            samples(ProcessStatus.current().map { Double($0.residentPages * Int(sysconf(Int32(_SC_PAGESIZE)))) })
        }
        metrics.gauges("process_threads", "Threads.") {
            samples(ProcessStatus.current().map { Double($0.threadCount) })
        }
        metrics.gauges("process_open_fds", "Open file descriptors.") {
            samples(openDescriptorCount().map { Double($0) })
        }
        metrics.gauges("process_max_fds", "File descriptors that may be open.") { samples(descriptorCountMax()) }
        // It does not change, so it is not read with each change of the clocks that it comes of.
        let startTime = ProcessStatus.current().map { startSeconds($0) }
        metrics.gauges("process_start_time_seconds", "When the process began, since 1970.") { samples(startTime) }
    }

    /// None where the system does not tell, as without `/proc`.
    private static func samples(_ number: Double?) -> [(labels: [String], number: Double)] {
        number.map { [([], $0)] } ?? []
    }

    private static func cpuSeconds() -> Double { seconds(of: CLOCK_PROCESS_CPUTIME_ID) }

    private static func startSeconds(_ status: ProcessStatus) -> Double {
        let sinceBoot = Double(status.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return seconds(of: CLOCK_REALTIME) - seconds(of: CLOCK_BOOTTIME) + sinceBoot
    }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func openDescriptorCount() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Less the two that name folders, and this one's own.
        return count - 3
    }

    private static func descriptorCountMax() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }
}

/// What stands in `/proc/self/stat` (proc_pid_stat(5)).
private struct ProcessStatus {
    /// Its line is some 300 bytes.
    private static let byteCountMax = 1024

    let threadCount: Int
    /// After the system's start.
    let startTicks: Int
    let residentPages: Int

    /// Nil where there is no such file.
    static func current() -> ProcessStatus? {
        let descriptor = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: byteCountMax)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return ProcessStatus(bytes[..<count])
    }

    /// Nil for a text of another form.
    private init?(_ line: ArraySlice<UInt8>) {
        // The second field is the program's name, in parentheses, in which anything may stand.
        guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
        func number(_ field: Int) -> Int? {
            // The first that is left is the third.
            fields.indices.contains(field - 3) ? Int(String(decoding: fields[field - 3], as: UTF8.self)) : nil
        }
        guard let threadCount = number(20), let startTicks = number(22), let residentPages = number(24) else {
            return nil
        }
        self.threadCount = threadCount
        self.startTicks = startTicks
        self.residentPages = residentPages
    }
}
