# Medians of BenchmarkCatalogue/<file>/<what>-N lines, one row for each file; those over the limit are marked, and the exit says so.
/ ratio$/ {
	split($1, name, "/")
	sub(/-[0-9]+$/, "", name[3])
	for (i = 2; i < NF; i++) if ($(i + 1) == "ratio") r = $i
	key = name[2] SUBSEP name[3]
	runs[key] = runs[key] " " r
	if (!(name[2] in seen)) { seen[name[2]] = 1; files[++n] = name[2] }
}
function median(list,    v, k, i, j, t) {
	k = split(list, v, " ")
	if (k == 0) return ""
	for (i = 2; i <= k; i++) for (j = i; j > 1 && v[j] + 0 < v[j-1] + 0; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
	return (v[int((k + 1) / 2)] + v[int(k / 2) + 1]) / 2
}
function cell(file, what, limit,    m) {
	m = median(runs[file SUBSEP what])
	if (m == "") return "–"
	if (m > worst[what] + 0) { worst[what] = m; where[what] = file }
	if (m > limit) { over++; return sprintf("**%.2f**", m) }
	return sprintf("%.2f", m)
}
END {
	if (n == 0) { print "no measurement came" > "/dev/stderr"; exit 2 }
	print "| file | write | answer | message | receipt |"
	print "|---|---|---|---|---|"
	for (i = 1; i <= n; i++) {
		f = files[i]
		printf "| %s | %s | %s | %s | %s |\n", f, cell(f, "write", 6), cell(f, "answer", 2.4), cell(f, "message", 2.4), cell(f, "receipt", 2.4)
	}
	printf "\nMost: write %.2f (%s), answer %.2f (%s), message %.2f (%s), receipt %.2f (%s). Wanted: at most 6 and 2.4.\n", \
		worst["write"], where["write"], worst["answer"], where["answer"], worst["message"], where["message"], worst["receipt"], where["receipt"]
	exit over > 0
}
