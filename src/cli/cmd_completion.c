/*
 * completion: scripts for the shells. They are thin: what may come next is
 * asked of the program itself (cli/complete.h), so a script never grows old.
 */
#include "base/limits.h"
#include "cli/command.h"
#include "cli/complete.h"
#include "cli/out.h"
#include "cli/parse.h"

/* bash takes words apart at "=": they are put together again, and of a
 * candidate only what stands behind the "=" is given back. */
static const char bash_script[] =
"# bash completion of llm-gateway\n"
"_llm_gateway() {\n"
"\tlocal IFS=$'\\n' i line cut='' typed=() found=()\n"
"\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
"\t\tif ((${#typed[@]})) && [[ ${COMP_WORDS[i]} == '=' ||\n"
"\t\t    ${COMP_WORDS[i - 1]} == '=' ]]; then\n"
"\t\t\ttyped[${#typed[@]}-1]+=${COMP_WORDS[i]}\n"
"\t\telse\n"
"\t\t\ttyped+=(\"${COMP_WORDS[i]}\")\n"
"\t\tfi\n"
"\tdone\n"
"\t[[ ${typed[${#typed[@]}-1]} == --*=* ]] && cut=${typed[${#typed[@]}-1]%%=*}=\n"
"\tfor line in $(\"${COMP_WORDS[0]}\" completion --next -- \"${typed[@]}\" 2>/dev/null); do\n"
"\t\tcase $line in\n"
"\t\t:files) found+=($(compgen -f -- \"${typed[${#typed[@]}-1]#\"$cut\"}\")) ;;\n"
"\t\t:commands) found+=($(compgen -c -- \"${typed[${#typed[@]}-1]}\")) ;;\n"
"\t\t*) line=${line%%$'\\t'*} found+=(\"${line#\"$cut\"}\") ;;\n"
"\t\tesac\n"
"\tdone\n"
"\tCOMPREPLY=(\"${found[@]}\")\n"
"\t[[ ${#found[@]} -eq 1 && ${found[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
"\treturn 0\n"
"}\n"
"complete -F _llm_gateway llm-gateway\n";

/* As a file in fpath it is the body of the function of its own name. */
static const char zsh_script[] =
"#compdef llm-gateway\n"
"# zsh completion of llm-gateway\n"
"_llm-gateway() {\n"
"\tlocal line word about\n"
"\tlocal -a plain open\n"
"\tfor line in \"${(@f)$(\"${words[1]}\" completion --next -- \\\n"
"\t    \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
"\t\tcase $line in\n"
"\t\t(:files) _files ;;\n"
"\t\t(:commands) _command_names -e ;;\n"
"\t\t(?*)\n"
"\t\t\tword=${line%%$'\\t'*} about=${line#*$'\\t'}\n"
"\t\t\tword=${word//:/\\\\:}\n"
"\t\t\tif [[ $word == *= ]]; then open+=(\"$word:$about\")\n"
"\t\t\telse plain+=(\"$word:$about\"); fi ;;\n"
"\t\tesac\n"
"\tdone\n"
"\t(( $#plain )) && _describe -t commands llm-gateway plain\n"
"\t(( $#open )) && _describe -t options option open -S ''\n"
"}\n"
"if [[ $funcstack[1] == _llm-gateway ]]; then _llm-gateway \"$@\"\n"
"else compdef _llm-gateway llm-gateway; fi\n";

static const char fish_script[] =
"# fish completion of llm-gateway\n"
"function __llm_gateway_next\n"
"\tset -l typed (commandline -opc) (commandline -ct)\n"
"\tset -l program $typed[1]\n"
"\tset -e typed[1]\n"
"\tfor line in ($program completion --next -- $typed 2>/dev/null)\n"
"\t\tswitch $line\n"
"\t\tcase ':files'\n"
"\t\t\t__fish_complete_path (commandline -ct)\n"
"\t\tcase ':commands'\n"
"\t\t\t__fish_complete_command\n"
"\t\tcase '*'\n"
"\t\t\techo $line\n"
"\t\tend\n"
"\tend\n"
"end\n"
"complete -c llm-gateway -f -a '(__llm_gateway_next)'\n";

static const char *script_of(const char *shell)
{
	if (str_eq(shell, "zsh")) {
		return zsh_script;
	}
	return str_eq(shell, "fish") ? fish_script : bash_script;
}

static bool run(struct invocation *inv, struct err *err)
{
	struct buf text = BUF_INIT(16 * MIB);

	if (inv_has(inv, "dump")) {
		complete_dump(&text);
	} else if (inv_has(inv, "next")) {
		if (inv->rest) {
			complete_words(inv->rest, &text);
		}
	} else if (inv_operand(inv, 0)) {
		buf_adds(&text, script_of(inv_operand(inv, 0)));
	} else {
		err_setf(err, ERR_USAGE, "SHELL is missing");
		return err_hintf(err, "one of bash, zsh, fish");
	}
	out_put(&text);
	buf_release(&text);
	return true;
}

static const struct flag flags[] = {
	{ .name = "next", .help = "candidates for the words behind --", .is_hidden = true },
	{ .name = "dump", .help = "the command table as JSON", .is_hidden = true },
	{ .name = NULL },
};

const struct command cmd_completion = {
	.name = "completion", .summary = "print a script that completes commands in a shell",
	.flags = flags, .rest = "",
	.operands = { { .name = "SHELL", .kind = OPERAND_CHOICE, .choices = "bash|zsh|fish",
			.is_optional = true } },
	.examples = "# bash, in ~/.bashrc\n"
		    "eval \"$(llm-gateway completion bash)\"\n"
		    "# zsh, in ~/.zshrc behind compinit\n"
		    "eval \"$(llm-gateway completion zsh)\"\n"
		    "# fish, in ~/.config/fish/config.fish\n"
		    "llm-gateway completion fish | source\n",
	.run = run,
};
