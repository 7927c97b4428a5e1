"""What every request passes: answers, fields, headers, host, log. It knows nobody above."""
