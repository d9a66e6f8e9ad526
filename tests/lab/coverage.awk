#!/usr/bin/awk -f
# Reads `gcov -n`, prints lines run of each of our files, least covered first.
/^File '(src|tui)\// { file = substr($2, 2, length($2) - 2); next }
/^File / { file = ""; next }
/^Lines executed:/ && file != "" {
	split($0, part, /[:% ]+/)
	if (part[3] > best[file]) { best[file] = part[3] }
	lines[file] = part[5]
	file = ""
}
END {
	sort = "sort -n"
	for (file in lines) {
		printf "%6.1f %%  of %4d  %s\n", best[file], lines[file], file | sort
	}
	close(sort)
}
