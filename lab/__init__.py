"""What the lab knows and does. Nothing in here knows of Streamlit."""
