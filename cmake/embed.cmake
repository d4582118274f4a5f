# Writes OUT: hg_embedded_presets, a table of name and text of each of FILES (separated by |). Text goes
# in as bytes, so that nothing needs quoting; a string literal may not be as long as some files are.
string(REPLACE "|" ";" files "${FILES}")
set(arrays "")
set(table "")
set(number 0)
foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const unsigned char text_${number}[] = {\n    ${bytes}0};\n")
    string(APPEND table "    {\"${name}\", (const char *)text_${number}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT}.new "#include \"job/presets.h\"\n\n${arrays}
const hg_embedded hg_embedded_presets[] = {\n${table}    {NULL, NULL},\n};\n")
file(RENAME ${OUT}.new ${OUT})
