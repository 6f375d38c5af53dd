# Reads files (one a line, base64) and prints what Python's configparser makes of each as a line of JSON.
import base64
import configparser
import io
import json
import sys


def look_at(data):
    parser = configparser.ConfigParser()
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"), "file")
    except configparser.MissingSectionHeaderError as e:
        return {"error": "header", "lines": [e.lineno]}
    except configparser.DuplicateSectionError as e:
        return {"error": "section", "lines": [e.lineno]}
    except configparser.DuplicateOptionError as e:
        return {"error": "option", "lines": [e.lineno], "nameless": e.option == ""}
    except configparser.ParsingError as e:
        return {"error": "syntax", "lines": [line for line, _ in e.errors]}
    except UnicodeDecodeError:
        return {"error": "unicode", "lines": []}
    return {"sections": {name: {option: value_of(parser, name, option) for option in parser[name]} for name in parser}}


def value_of(parser, section, option):
    try:
        return {"value": parser.get(section, option)}
    except configparser.InterpolationSyntaxError:
        return {"error": "syntax"}
    except configparser.InterpolationDepthError:
        return {"error": "depth"}
    except configparser.InterpolationMissingOptionError:
        return {"error": "missing"}


with open(sys.argv[1], "rb") as files:
    for line in files:
        print(json.dumps(look_at(base64.b64decode(line))))
