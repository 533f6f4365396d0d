# SPDX-License-Identifier: GPL-3.0-or-later
#
# Validates each input against a JSON Schema: jq -c -n --slurpfile schema FILE -f tests/schema.jq RECORDS. Prints one line
# for each thing that is wrong: the place in the record, and what is wrong. Knows the keywords that our schemas use, and
# fails on any other, so that none is passed over. Members that the schema does not name are wrong too: readers ignore
# them, but our own programs must not write any.

def kind_is($kind):
  if $kind == "integer" then type == "number" and . == floor else type == $kind end;

def known_keywords:
  ["$schema", "title", "description", "$defs", "$ref", "type", "const", "enum", "minimum", "maximum", "properties",
   "required", "additionalProperties", "propertyNames", "items", "allOf", "anyOf", "if", "then", "not"];

# The problems of the input under $s; $root resolves references.
def problems($s; $root; $at):
  def holds($t): [problems($t; $root; "")] == [];
  . as $v
  | (($s | keys) - known_keywords | select(. != []) | error("keywords that are not known: \(.)")),
    (select($s | has("$ref")) | problems($root["$defs"][$s["$ref"] | ltrimstr("#/$defs/")]; $root; $at)),
    (select($s | has("type")) | select([$s.type] | flatten | any(. as $k | $v | kind_is($k)) | not)
      | "\($at): is no \($s.type)"),
    (select($s | has("const")) | select(. != $s.const) | "\($at): is not \($s.const)"),
    (select($s | has("enum")) | select([.] - $s.enum != []) | "\($at): \(tojson) is none of \($s.enum)"),
    (select(type == "number" and ($s | has("minimum")) and . < $s.minimum) | "\($at): is below \($s.minimum)"),
    (select(type == "number" and ($s | has("maximum")) and . > $s.maximum) | "\($at): is above \($s.maximum)"),
    (select(type == "object" and ($s | has("required"))) | ($s.required - keys)[] | "\($at): has no \(.)"),
    (select(type == "object" and ($s | has("properties"))) | keys[] | select(. as $k | $s.properties | has($k))
      | . as $k | $v[$k] | problems($s.properties[$k]; $root; "\($at).\($k)")),
    (select(type == "object" and ($s | has("additionalProperties"))) | keys[]
      | select(. as $k | ($s.properties // {}) | has($k) | not)
      | . as $k | $v[$k] | problems($s.additionalProperties; $root; "\($at).\($k)")),
    (select(type == "object" and ($s | has("propertyNames"))) | keys[]
      | problems($s.propertyNames; $root; "\($at) (a name)")),
    (select(type == "array" and ($s | has("items"))) | to_entries[]
      | .key as $i | .value | problems($s.items; $root; "\($at)[\($i)]")),
    (select($s | has("allOf")) | problems($s.allOf[]; $root; $at)),
    (select($s | has("anyOf")) | select(any($s.anyOf[]; . as $t | $v | holds($t)) | not)
      | "\($at): none of the alternatives holds"),
    (select($s | has("if")) | select(holds($s.if)) | problems($s.then; $root; $at)),
    (select($s | has("not")) | select(holds($s.not)) | "\($at): is what it must not be");

# The names that the schema gives a record of this type.
def unknown_members($root):
  . as $v
  | [$root.allOf[] | select(.if.properties.type.const == $v.type) | .then.properties | keys[]] as $names
  | (select($names == []) | "type: there is no record \($v.type)"),
    (select($names != []) | keys - $names | .[] | "\(.): no such member");

# A schema of one kind of document (summary.json) forbids unknown members itself.
$schema[0] as $root | inputs | problems($root; $root; ""), (select($root | has("allOf")) | unknown_members($root))
