# How `flask run` listens: on the port that PORT names, at the address that PUBLIC_URL has.
FLASK_APP=app
FLASK_RUN_HOST=localhost
FLASK_RUN_PORT=${PORT:-5000}
