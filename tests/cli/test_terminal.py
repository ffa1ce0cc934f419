from helpers.deadlines import run_python


def test_a_quick_end_keeps_what_was_printed_and_the_exit_code() -> None:
    script = (
        "import sys; from sdnn.cli.terminal import quick_exit\n"
        "sys.stdout.write('half a line'); sys.stderr.write('and why'); quick_exit(3)"
    )
    result = run_python("-c", script)
    assert (result.stdout, result.stderr, result.returncode) == (b"half a line", b"and why", 3)


def test_a_quick_end_needs_no_streams() -> None:
    script = (
        "import sys; from sdnn.cli.terminal import quick_exit; sys.stdout = sys.stderr = None; quick_exit(0)"
    )
    assert run_python("-c", script).returncode == 0
