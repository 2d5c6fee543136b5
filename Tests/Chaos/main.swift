let passed = try Enumeration(
    pairs: CommandLine.arguments.contains("--pairs"), seed: 1,
    points: CommandLine.arguments.firstIndex(of: "--points").map { CommandLine.arguments[$0 + 1] }
).run()
if !passed { fatalError() }
