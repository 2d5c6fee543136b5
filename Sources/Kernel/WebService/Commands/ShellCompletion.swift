/// What completes a service's commands and options in a shell, made of the table that `--help` prints.
package struct ShellCompletion {
    package enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    private let program: String
    private let commands: [CommandDescription]

    package init(_ table: CommandTable) {
        program = table.identity.command
        commands = table.commands.filter(\.isListed)
    }

    package func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    /// What may follow a command: its options and, where they are known, its words.
    private func followers(of command: CommandDescription) -> [(word: String, purpose: String)] {
        command.options.map { ($0.name, $0.purpose) } + (command.words.choices ?? []).map { ($0, command.purpose) }
    }

    /// For `source <(…)`, or a file in bash-completion's folder. The value of an option is the reader's to write.
    private var bash: String {
        let cases = commands.filter { !followers(of: $0).isEmpty }.map { command in
            let words = followers(of: command).map(\.word).joined(separator: " ")
            return "            \(command.name)) words='\(words)' ;;\n"
        }
        let options = commands.flatMap(\.options).map(\.name)
        let valueCase =
            options.isEmpty ? "" : "\n    case $previous in \(options.joined(separator: " | "))) return ;; esac"
        return """
            # Completion of \(program) for bash; made by `\(program) completion bash`.
            _\(program)() {
                local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=''
                COMPREPLY=()\(valueCase)
                if ((COMP_CWORD == 1)); then
                    words='\(commands.map(\.name).joined(separator: " "))'
                else
                    case ${COMP_WORDS[1]} in
            \(cases.joined())        esac
                fi
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
            }
            complete -F _\(program) \(program)

            """
    }

    /// For `source <(…)`, or a file `_Program` in a folder of `fpath`.
    private var zsh: String {
        func entry(_ word: String, _ purpose: String) -> String {
            let escaped = word.replacing(":", with: "\\:")
            return "'" + "\(escaped):\(purpose)".replacing("'", with: #"'\''"#) + "'"
        }
        let cases = commands.filter { !followers(of: $0).isEmpty }.map { command in
            let entries = followers(of: command).map { entry($0.word, $0.purpose) }.joined(separator: " ")
            return "            \(command.name)) words_of=(\(entries)) ;;\n"
        }
        return """
            #compdef \(program)
            # Completion of \(program) for zsh; made by `\(program) completion zsh`.
            _\(program)() {
                local -a words_of
                if ((CURRENT == 2)); then
                    words_of=(
            \(commands.map { "            \(entry($0.name, $0.purpose))\n" }.joined())        )
                else
                    case $words[2] in
            \(cases.joined())        esac
                fi
                _describe -t words word words_of
            }
            if [[ $funcstack[1] == _\(program) ]]; then _\(program) "$@"; else compdef _\(program) \(program); fi

            """
    }

    private var fish: String {
        func quoted(_ text: String) -> String {
            "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        }
        var lines = [
            "# Completion of \(program) for fish; made by `\(program) completion fish`.", "complete -c \(program) -f",
        ]
        for command in commands {
            lines.append(
                "complete -c \(program) -n __fish_use_subcommand -a \(quoted(command.name)) -d \(quoted(command.purpose))"
            )
            for follower in followers(of: command) {
                lines.append(
                    "complete -c \(program) -n \(quoted("__fish_seen_subcommand_from \(command.name)")) "
                        + "-a \(quoted(follower.word)) -d \(quoted(follower.purpose))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
